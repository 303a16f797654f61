export type { Answer, Report, Transport } from "./transport";
export { type BatchOptions, cloudEventsBatch } from "./transports/batch";
export { cloudEvents } from "./transports/cloud-events";
export { cloudScheduler, type CloudSchedulerOptions } from "./transports/cloud-scheduler";
export { cloudTasks } from "./transports/cloud-tasks";
export { decodeDocumentEvent } from "./transports/document-event";
export { eventarc } from "./transports/eventarc";
export { CALLBACK_ATTRIBUTE, workflowCallbacks, type WorkflowCallbacksOptions } from "./transports/workflow-callbacks";
export { workflowSteps } from "./transports/workflows";
