export type { Contract, EventMeta } from "../contract/contract";
export type { RuntimeOptions } from "./core";
export { CommitConflict, Fatal, Interrupted, LeaseLost, Retry, StoreUnavailable, Unavailable } from "./errors";
export {
  type Context,
  defineHandler,
  type Handler,
  type Outbox,
  type OutgoingMessage,
  type Transaction,
  type TransactionalContext,
} from "./handler";
export type { Log, LogFields } from "./log";
export { serve } from "./serve";
export { type ServeOptions, type Serving, startServer } from "./server";
export { type MemoryStore, memoryStore } from "./store/memory";
export type { DocumentData, DocumentValue, Store } from "./store/store";
