export { queueMetrics } from "./metrics";
export { type EnqueueOptions, type ITaskQueue, TaskQueue, type TaskQueueProps, type TaskRetry } from "./queue";
export type { AppEngineRouting, TaskRouting } from "./routing";
export { type TaskDefaults, TaskQueueWorker, type TaskQueueWorkerProps } from "./worker";
