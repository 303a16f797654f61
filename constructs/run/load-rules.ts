import type { IConstruct } from "constructs";
import { addIssue, type AnyContract, isKnown, MillraceStack, type Rule } from "../core";
import { bookOf } from "../core/grant-book";
import type { ResolvedSize } from "./size";

/** What is behind a workload and cannot take any number of requests: a database, an API. */
export interface Downstream {
  /** For messages. @default "what is behind it" */
  readonly name?: string;
  /** Connections or requests that it takes at a time. */
  readonly connections: number;
  /** How many of them one request of the workload holds. @default 1 */
  readonly perRequest?: number;
}

/** What a workload says of its load and its callers; nothing but checks follows from it, unless said otherwise. */
export interface LoadProps {
  /** What `maxInstances` × `concurrency` must not overrun. @default not checked */
  readonly downstream?: Downstream;
  /** Somebody waits for the answers: an instance should be warm. @default false */
  readonly latencySensitive?: boolean;
  /**
   * Lets everybody on the internet call the workload: the invoker role goes to `allUsers`. It needs `ingress: "all"`, a
   * handler's contract with `auth: "self"`, and an acknowledgement of MR1027. @default false
   */
  readonly public?: boolean;
}

/** What is judged together. */
export interface Load extends LoadProps {
  readonly size: ResolvedSize;
  readonly contract?: AnyContract;
  readonly ingress?: "internal" | "internal-and-load-balancer" | "all";
}

export const LOAD_RULES: readonly Rule<Load>[] = [
  {
    code: "MR1333",
    fault: ({ downstream, size: { maxInstances, concurrency } }) => {
      if (!downstream || ![maxInstances, concurrency].every(isKnown)) return undefined;
      const { name = "what is behind it", connections, perRequest = 1 } = downstream;
      const most = maxInstances * concurrency * perRequest;
      return (
        most > connections && {
          problem: `${maxInstances} instances with ${concurrency} requests each come to ${most} connections; ${name} takes ${connections}`,
          got: String(most),
          want: `≤ ${connections}`,
        }
      );
    },
  },
  {
    code: "MR1334",
    severity: "warning",
    fault: ({ latencySensitive, size: { minInstances } }) =>
      latencySensitive === true &&
      minInstances === 0 && {
        problem: "somebody waits for its answers, and the first one after a pause waits for a start",
      },
  },
  {
    code: "MR1337",
    fault: ({ public: open, contract }) =>
      open === true &&
      contract?.manifest.auth === "platform" && {
        problem:
          "everybody could call a handler that trusts Cloud Run to have verified its callers: anybody could forge an event",
        fix: 'set auth: "self" in the contract, so that the runtime verifies tokens itself, or leave public out',
      },
  },
  {
    code: "MR1337",
    fault: ({ public: open, ingress = "internal" }) =>
      open === true &&
      ingress !== "all" && {
        problem: `it is public, and ingress "${ingress}" lets nobody in from outside`,
        want: "all",
      },
  },
];

/** What only a request gives CPU to, and who causes the requests. Checked at synth, when every grant has been made. */
export function checkBilling(
  workload: IConstruct,
  {
    name,
    principal,
    billing,
  }: { readonly name: string; readonly principal: string; readonly billing: "request" | "instance" },
): void {
  const book = bookOf(MillraceStack.of(workload));
  const pulls = book.about(principal).filter(({ role }) => role === "roles/pubsub.subscriber");
  if (billing === "request" && pulls.length > 0)
    addIssue(
      workload,
      "MR1335",
      {
        problem: `its identity pulls from ${pulls.map(({ resource }) => resource).join(", ")}, and it has CPU only while it answers a request`,
      },
      "warning",
    );
  const callers = book.about(name).filter(({ role }) => role === "roles/run.invoker");
  const onSchedule = callers.every(({ reasons }) =>
    reasons.every((reason) => /^runs projects\/[^/]+\/locations\/[^/]+\/jobs\//.test(reason)),
  );
  if (billing === "instance" && callers.length > 0 && onSchedule)
    addIssue(
      workload,
      "MR1336",
      { problem: "only schedules call it, and its instances are paid for between two runs" },
      "warning",
    );
}
