import { isKnown, type Rule } from "../core";
import type { Machine } from "./size";

/** A pool's props with every default applied. */
export interface ResolvedPool extends Machine {
  readonly instances: number;
  /** Has a handler whose messages it must get from somewhere. */
  readonly handles: boolean;
  /** Handles the messages of one key one after another. */
  readonly ordered: boolean;
  readonly subscription?: {
    readonly name: string;
    /** Whether Pub/Sub lets anybody pull from it; undefined when it was made elsewhere. */
    readonly pulls?: boolean;
  };
}

/** What Cloud Run or Pub/Sub refuse, and what they accept and then do otherwise than meant. */
export const POOL_RULES: readonly Rule<ResolvedPool>[] = [
  {
    code: "MR1380",
    fault: ({ instances }) =>
      isKnown(instances) &&
      !(Number.isInteger(instances) && instances >= 0) && {
        problem: `${instances} instances`,
        got: String(instances),
        want: "a whole number from 0",
      },
  },
  {
    code: "MR1364",
    fault: ({ cpu }) =>
      isKnown(cpu) && cpu < 1 && { problem: `an instance with ${cpu} vCPUs`, got: String(cpu), want: "≥ 1" },
  },
  {
    code: "MR1381",
    fault: ({ handles, subscription }) =>
      handles && !subscription && { problem: "its handler has no subscription to pull from" },
  },
  {
    code: "MR1382",
    fault: ({ subscription }) =>
      subscription?.pulls === false && {
        problem: `${subscription.name} pushes its messages or writes them elsewhere, so the pool would pull none`,
        got: subscription.name,
      },
  },
  {
    code: "MR1383",
    severity: "warning",
    fault: ({ instances }) => instances === 0 && { problem: "it has no instance, so nothing pulls" },
  },
  {
    code: "MR1384",
    severity: "warning",
    fault: ({ instances, ordered }) =>
      ordered && instances > 1 && { problem: `${instances} instances share the keys of ordered messages` },
  },
];
