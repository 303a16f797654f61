export type { Callee } from "./callee";
export type { Data, Dynamic, Expr, Input, Typed, ValueOf } from "./expression";
export {
  base64,
  choose,
  defaultTo,
  double,
  env,
  hash,
  int,
  json,
  keys,
  len,
  list,
  map,
  type Match,
  math,
  now,
  string,
  text,
  time,
  typeOf,
  uuid,
} from "./library";
export { type LoopOptions, type ParallelOptions, range, type Range } from "./loops";
export {
  add,
  and,
  at,
  div,
  eq,
  floorDiv,
  ge,
  gt,
  isIn,
  le,
  lt,
  mod,
  mul,
  ne,
  neg,
  not,
  or,
  raw,
  sub,
  typed,
} from "./operators";
export type { Auth, HttpResponse, TargetRequest, UrlRequest } from "./request";
export type { Delivery, JobRun, Message, Task } from "./services";
export type { RetryOn, RetryPolicy } from "./retry";
export type { CallbackEndpoint, CallbackRequest, WorkflowFailure } from "./answers";
export type { Build, Steps, TryOptions } from "./steps";
export { type Arguments, invoke, param, type Param, Subworkflow, subworkflow } from "./subworkflow";
export { workflow, WorkflowDefinition } from "./workflow";
