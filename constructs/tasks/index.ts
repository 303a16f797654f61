export { type EnqueueOptions, type ITaskQueue, TaskQueue, type TaskQueueProps, type TaskRetry } from "./queue";
