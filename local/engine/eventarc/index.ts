export { createEventRouter, type Emitted, type EventRouter, type Reached } from "./router";
export type { NotificationConfig, SinkConfig, SourceEvent, TriggerConfig } from "./types";
