export type { Transport } from "./transport";
export { cloudScheduler, type CloudSchedulerOptions } from "./transports/cloud-scheduler";
export { cloudTasks } from "./transports/cloud-tasks";
