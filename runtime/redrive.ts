export type { RedriveChoice } from "../contract/redrive";
export { Refused } from "./google/http";
export {
  redrive,
  type RedriveFilter,
  type RedriveOptions,
  type RedriveStep,
  type RedriveSummary,
} from "./redrive/redrive";
export { runRedrive } from "./redrive/run";
export { type Target, toHandler, toUrl, type ToUrlOptions } from "./redrive/target";
