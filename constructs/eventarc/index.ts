export type { DocumentEventName, EventAttribute, EventKind, EventName, ObjectEventName } from "./catalogue";
export { EVENTS } from "./catalogue";
export { GoogleEventsEncryption, type GoogleEventsEncryptionProps } from "./encryption";
export type {
  AuditLogEvents,
  BigQueryJobEvents,
  ChannelEvents,
  DocumentEvents,
  MessageEvents,
  ObjectEvents,
  TriggerEvent,
} from "./events";
export { EventRelay, type EventRelayProps } from "./relay";
export { EventarcTrigger, type EventarcTriggerProps, type IWorkflowTarget } from "./trigger";
