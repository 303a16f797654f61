export type { Transport } from "./transport";
export { cloudScheduler, type CloudSchedulerOptions } from "./transports/cloud-scheduler";
export { cloudTasks } from "./transports/cloud-tasks";
export { decodeDocumentEvent } from "./transports/document-event";
export { eventarc } from "./transports/eventarc";
