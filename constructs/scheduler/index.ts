export { type JobRetry, SchedulerJob, type SchedulerJobProps } from "./job";
export { type ClockTime, every, type Weekday } from "./schedules";
export type {
  AppEngineTarget,
  CallTarget,
  HttpMethod,
  IStartableWorkflow,
  PublishTarget,
  RunJobTarget,
  ScheduledTarget,
  StartWorkflowTarget,
} from "./targets";
export { type HandlerTarget, ScheduledJob, type ScheduledJobProps } from "./scheduled-job";
export type { Overlap } from "./scheduled-rules";
