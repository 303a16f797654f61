export { schedulerRest } from "./rest";
export { createScheduler, type Scheduler, type SchedulerOptions } from "./scheduler";
export * from "./types";
