export { type CallTarget, type JobRetry, type PublishTarget, SchedulerJob, type SchedulerJobProps } from "./job";
export { type ClockTime, every, type Weekday } from "./schedules";
