export type { GrantRecord } from "../../contract/grants";
export { type Agent, serviceAgent } from "./agents";
export { type Api, enableApi } from "./apis";
export { type AnyContract, type Delivery, deliveryOf, PUBSUB_LIMITS } from "./derive";
export { durationOf } from "./durations";
export { type Encryption, grantEncryption } from "./encryption";
export type { Grant } from "./grant-book";
export {
  grant,
  type GrantCondition,
  type GrantKind,
  type GrantOptions,
  grantsOf,
  type GrantTarget,
  type IGrantee,
  type MemberConfig,
  principal,
  projectTarget,
} from "./grants";
export {
  acknowledge,
  type AcknowledgedIssue,
  type Acknowledgement,
  addIssue,
  check,
  checkAtSynth,
  type Fault,
  type Findings,
  findingsOf,
  type Rule,
} from "./issues";
export type { Labels } from "./labels";
export { fit, kebab, type NameRule, physicalName } from "./names";
export {
  allowCall,
  contractEnvironment,
  handlerEnvironment,
  type IPushTarget,
  type IWorkload,
  type RunService,
  type WorkloadProps,
} from "./push-target";
export type { Renames } from "./renames";
export { type IServiceAccount, ServiceAccount, type ServiceAccountProps } from "./service-account";
export { type Backend, MillraceStack, type MillraceStackProps, type StackContext } from "./stack";
export { writeAtSynth } from "./synthesis";
export { escapeTemplate, isKnown } from "./tokens";
