import type { Construct } from "constructs";
import { addIssue, type AnyContract, type IServiceAccount } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import type { TransportName } from "../packaging/wrapper";
import type { MonitoringProps } from "../monitoring/monitored";
import type { RedriveJobProps, RedriveOptions } from "../run/redrive-job";

/** `true`, or what its job is told and runs on. */
export type Redriven =
  | true
  | (RedriveOptions & {
      /** Module of the handler. @default that of the consumer */
      readonly entry?: string;
    });

/** A handler that is deployed, as far as its redrive job follows it. */
interface Deployed extends MonitoringProps {
  readonly contract: AnyContract;
  /** Module of its code; undefined for code that is not ours. */
  readonly entry: string | undefined;
  readonly serviceAccount?: IServiceAccount;
  readonly store?: IFirestoreDatabase | undefined;
  readonly environment?: RedriveOptions["environment"];
  readonly secrets?: RedriveOptions["secrets"];
  readonly transports?: readonly TransportName[] | undefined;
}

/** What the redrive job of a handler is made of: its code, identity, records and variables, under what the user says. */
export function redriveOf(
  construct: Construct,
  redriven: Redriven | undefined,
  { contract, entry, serviceAccount, store, environment, secrets, transports, notify, alarms, dashboard }: Deployed,
): Omit<RedriveJobProps, "deadLetterTopic"> | undefined {
  if (redriven === undefined) return undefined;
  const own = redriven === true ? {} : redriven;
  const code = own.entry ?? entry;
  if (code === undefined) {
    addIssue(construct, "MR1371", {
      problem: `nothing says which module holds the handler of contract "${contract.manifest.name}"`,
    });
    return undefined;
  }
  return {
    notify,
    alarms,
    dashboard,
    ...own,
    contract,
    entry: code,
    ...(serviceAccount && { serviceAccount }),
    ...(store && { store }),
    // It is the handler, so whoever waits for an event is told by it too.
    ...(transports?.includes("workflowCallbacks") && { transports: ["workflowCallbacks"] }),
    environment: { ...environment, ...own.environment },
    secrets: { ...secrets, ...own.secrets },
  };
}
