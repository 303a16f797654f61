export { assertOnce, assertPromises } from "./assert";
export type { Crashed, DeliverOptions, Delivery, LogLine, Run } from "./delivery";
export type { EventOptions, TestEvent } from "./event";
export type { Call, CallFault } from "./faults";
export { testHandler } from "./handler";
export type { DocumentWrite, ParkedMessage, PublishedMessage, RecordWrite } from "./journal";
export type { HandlerKit, TestHandlerOptions } from "./kit";
export { brokenPromises } from "./promises";
