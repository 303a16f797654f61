import type { ITerraformDependable } from "cdktf";
import type { Caller } from "../../contract/callers";
import { ENV } from "../../contract/environment";
import { noteContract } from "./contract-book";
import { type AnyContract, deliveryOf } from "./derive";
import type { Grant } from "./grant-book";
import type { IGrantee } from "./grants";
import type { IServiceAccount } from "./service-account";
import type { MillraceStack } from "./stack";

/** A service of Cloud Run, as those name it who do not call it by its URL. */
export interface RunService {
  /** The last part of its name, readable at synth. */
  readonly name: string;
  /** The same as a reference: Terraform makes the service first. */
  readonly reference: string;
  readonly project: string;
  readonly region: string;
}

/** Something that takes messages over HTTPS. A subscription binds it; the target knows what a caller needs. */
export interface IPushTarget {
  /** URL that is posted to, `https://…`; usually a reference. */
  readonly pushEndpoint: string;
  /**
   * Audience of the caller's token: a string known at synth, since a service that found its own URL in its own
   * environment would wait for itself.
   */
  readonly audience: string;
  /** The Cloud Run service that answers, a function's included; undefined when there is none. */
  readonly service?: RunService | undefined;
  /** Seconds after which the target gives a request up; undefined when unknown. */
  readonly requestTimeoutSeconds?: number;
  /** Requests it can take at a time, all instances together; undefined when unknown. */
  readonly parallel?: number;
  /** Whether its handler relies on the order of events; undefined when unknown. */
  readonly ordered?: boolean;
  /** Transports, beside pushes, that the handler behind it was packaged with; undefined where something else answers. */
  readonly understands?: readonly string[];
  /** Id of the only project whose Pub/Sub passes the target's ingress; undefined when all do, or nobody knows. */
  readonly internalTo?: string;
  /** What must exist before the first message, beside the invoker grant. */
  readonly dependables: readonly ITerraformDependable[];
  /** Lets the grantee call the target, and nothing else of the project; undefined when no role of Google's guards it. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant | undefined;
  /**
   * Tells the handler behind it who calls, and reports a caller that it does not take.
   * @param from @default "direct"
   * @default nobody is told
   */
  admit?(caller: IServiceAccount, from?: Caller): void;
}

/** A push target that runs a handler under an identity of its own. */
export interface IWorkload extends IPushTarget {
  /** Identity the handler runs as. */
  readonly serviceAccount: IServiceAccount;
  /** Sets an environment variable that follows from what surrounds the workload, unless the user has set it. */
  addEnvironment(name: string, value: string): void;
  /** Adds to an environment variable that is a list with commas, unless the user has set it: one more caller, say. */
  extendEnvironment(name: string, value: string): void;
}

/** Lets an identity call a target, and tells a handler behind it, which takes deliveries of those alone whom it knows. */
export function allowCall(
  target: IPushTarget,
  caller: IServiceAccount,
  { reason, from }: { readonly reason?: string; readonly from: Caller },
): Grant | undefined {
  target.admit?.(caller, from);
  return target.grantInvoke(caller, reason);
}

/** What every workload accepts, whatever it runs on. */
export interface WorkloadProps {
  /** Name, after the stack's prefix. @default the contract's name, or else from the construct's path */
  readonly name?: string;
  /** Contract of the handler; timeout and concurrency follow from it. @default none */
  readonly contract?: AnyContract;
  /**
   * Seconds the caller waits, where it is not Pub/Sub: the request timeout. @default the contract's time limit and a
   * margin, within what Pub/Sub can wait, 10–600
   */
  readonly deadlineSeconds?: number;
  /** Environment variables, over those that follow from the contract. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Identity to run as. @default an account of its own */
  readonly serviceAccount?: IServiceAccount;
}

/** The variables of a handler, whatever calls it; what surrounds it adds the rest. */
export function handlerEnvironment(stack: MillraceStack, contract: AnyContract): Record<string, string> {
  const { manifest, hash } = contract;
  noteContract(stack, contract);
  return {
    [ENV.environment]: stack.context.environment,
    [ENV.contractHash]: hash,
    [ENV.store]: manifest.store,
  };
}

/** The variables of a handler that is called over HTTP, from its contract and its own audience. */
export function contractEnvironment(
  stack: MillraceStack,
  contract: AnyContract,
  audience: string,
  deadlineSeconds = deliveryOf(contract.manifest).deadlineSeconds,
): Record<string, string> {
  return {
    ...handlerEnvironment(stack, contract),
    [ENV.deadlineMs]: String(deadlineSeconds * 1_000),
    [ENV.auth]: contract.manifest.auth,
    [ENV.audience]: audience,
  };
}
