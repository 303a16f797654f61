import type { Construct } from "constructs";
import {
  type AnyContract,
  check,
  contractEnvironment,
  deliveryOf,
  durationOf,
  isKnown,
  type IServiceAccount,
  MillraceStack,
  type Rule,
  ServiceAccount,
  type WorkloadProps,
} from "../core";
import { isDefaultAccount } from "../core/grants";
import { ENV } from "../../contract/environment";
import type { Duration } from "../../language/duration";
import type { MonitoringProps } from "../monitoring/monitored";
import type { LoadProps } from "./load-rules";
import { type ResolvedSize, SIZE_RULES, type Sizing } from "./size";
import type { SecretReference } from "./secrets";
import { Variables } from "./variables";

/** What services and functions have in common beside their code. */
export interface SizedWorkloadProps extends WorkloadProps, Sizing, MonitoringProps, LoadProps {
  /**
   * Longest request, at most an hour. @default the contract's time limit and a margin; without a contract 60s
   */
  readonly timeout?: Duration;
  /** Requests at a time in one instance, 1–1000. @default the contract's; without a contract 1 */
  readonly concurrency?: number;
  /** Variables whose values are secrets; the workload's identity is let read each of them. @default none */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /**
   * Who reaches the workload at all, before IAM asks who calls. Pub/Sub, Eventarc, Cloud Tasks, Scheduler and Workflows
   * of the same project count as internal. @default "internal"
   */
  readonly ingress?: "internal" | "internal-and-load-balancer" | "all";
}

/** Requests that one instance takes when nothing is said: the handler may assume that it is alone. */
const DEFAULTS = {
  cpu: 1,
  memory: "512Mi",
  minInstances: 0,
  maxInstances: 10,
  concurrency: 1,
  timeout: "60s",
} as const;

/** Fills in and checks the numbers of a workload. */
export function resolveSize(construct: Construct, props: SizedWorkloadProps): ResolvedSize {
  const delivery = props.contract && deliveryOf(props.contract.manifest);
  const deadlineSeconds = props.deadlineSeconds ?? delivery?.deadlineSeconds;
  const ownTimeout = durationOf(construct, "timeout", props.timeout ?? DEFAULTS.timeout) / 1_000;
  const size: ResolvedSize = {
    cpu: props.cpu ?? DEFAULTS.cpu,
    memory: props.memory ?? DEFAULTS.memory,
    minInstances: props.minInstances ?? DEFAULTS.minInstances,
    maxInstances: props.maxInstances ?? DEFAULTS.maxInstances,
    concurrency: props.concurrency ?? delivery?.concurrency ?? DEFAULTS.concurrency,
    timeoutSeconds: props.timeout === undefined && deadlineSeconds !== undefined ? deadlineSeconds : ownTimeout,
    ...(deadlineSeconds !== undefined && { neededSeconds: deadlineSeconds }),
  };
  check(construct, size, SIZE_RULES);
  return size;
}

/** The variables of a workload: the user's own, then what follows from the contract. */
export function resolveVariables(construct: Construct, props: SizedWorkloadProps, audience: string): Variables {
  const { contract } = props;
  const stack = MillraceStack.of(construct);
  return variablesOf(
    construct,
    props,
    contract && contractEnvironment(stack, contract, audience, props.deadlineSeconds),
  );
}

/** The user's own variables, then those that are derived. */
export function variablesOf(
  construct: Construct,
  { environment = {}, secrets }: Pick<SizedWorkloadProps, "environment" | "secrets">,
  derived: Readonly<Record<string, string>> = {},
): Variables {
  const variables = new Variables(construct, secrets, environment);
  check(construct, { own: Object.keys({ ...environment, ...secrets }), derived }, OVERRIDE_RULES);
  for (const [name, value] of Object.entries(derived)) variables.add(name, value);
  return variables;
}

/** What the runtime compares with its contract, with the caller's token or with where it runs. */
const SAFETY: readonly string[] = [
  ENV.environment,
  ENV.audience,
  ENV.auth,
  ENV.deadlineMs,
  ENV.contractHash,
  ENV.store,
];

interface Overridden {
  /** Names that the user sets. */
  readonly own: readonly string[];
  readonly derived: Readonly<Record<string, string>>;
}

const OVERRIDE_RULES: readonly Rule<Overridden>[] = [
  {
    code: "MR1319",
    fault: ({ own, derived }) => {
      const names = own.filter((name) => SAFETY.includes(name) && name in derived);
      return names.length > 0 && { problem: `${names.join(", ")} would be set over what follows from the contract` };
    },
  },
];

/** The identity a workload runs as; its own unless another is given. */
export function resolveIdentity(construct: Construct, props: WorkloadProps, name?: string): IServiceAccount {
  const identity = props.serviceAccount ?? new ServiceAccount(construct, "Identity", { name });
  check(construct, identity, IDENTITY_RULES);
  return identity;
}

const IDENTITY_RULES: readonly Rule<IServiceAccount>[] = [
  {
    code: "MR1026",
    fault: ({ email, principal }) =>
      isKnown(email) &&
      isDefaultAccount(principal) && {
        problem: `it would run as ${email}, which every workload of the project shares`,
        got: email,
      },
  },
];

/** The name of a workload that is given none: its contract's. */
export const nameOf = ({ name, contract }: { readonly name?: string; readonly contract?: AnyContract }) =>
  name ?? contract?.manifest.name;
