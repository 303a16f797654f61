import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describeIssues } from "../contract/schema";
import type { Incoming } from "./decode/incoming";
import { describeError, Fatal } from "./errors";
import type { Handler } from "./handler";
import type { RejectionCode } from "./outcome";
import type { Cause } from "./park";
import { isPromise } from "./promise";
import { fingerprintOf } from "./store/key";

/** What an event is, by its contract. */
export type Identified =
  | { readonly kind: "event"; readonly input: unknown; readonly key: string; readonly fingerprint: string | undefined }
  | { readonly kind: "rejected"; readonly code: RejectionCode; readonly reason: string }
  /** The contract's own functions call it fatal: there is no key to keep a record under. */
  | { readonly kind: "fatal"; readonly cause: Cause };

/**
 * Parses and validates the payload, then derives key and fingerprint, once, from validated input. Most schemas are
 * synchronous, and then so is this.
 */
export function identify(handler: Handler, incoming: Incoming): Identified | Promise<Identified> {
  let payload: unknown;
  try {
    payload = incoming.payload();
  } catch (error) {
    // The parser quotes what it reads; a log must not.
    return rejected("MR3020", `the payload is not JSON (${(error as Error).name}, ${incoming.data.length} bytes)`);
  }
  const result = handler.contract.spec.input["~standard"].validate(payload);
  return isPromise(result)
    ? result.then((settled) => derive(handler, incoming, settled))
    : derive(handler, incoming, result);
}

function derive({ contract }: Handler, incoming: Incoming, result: StandardSchemaV1.Result<unknown>): Identified {
  const { spec } = contract;
  if (result.issues) return rejected("MR3021", describeIssues(result.issues));
  try {
    const key = spec.key(result.value, incoming.meta);
    if (typeof key !== "string" || key === "") return rejected("MR3022", "the contract's key is empty");
    const fingerprint = spec.fingerprint && fingerprintOf(spec.fingerprint(result.value, incoming.meta));
    return { kind: "event", input: result.value, key, fingerprint };
  } catch (error) {
    const cause = describeError(error);
    if (isFatal({ contract }, error)) return { kind: "fatal", cause };
    return rejected("MR3022", `the contract's key cannot be derived: ${cause.class}: ${cause.message}`);
  }
}

/** Whether no retry will mend an error, by the contract or by the handler's own word. */
export function isFatal({ contract }: Pick<Handler, "contract">, error: unknown): boolean {
  return error instanceof Fatal || (contract.spec.retry?.fatal ?? []).some((type) => error instanceof type);
}

const rejected = (code: RejectionCode, reason: string): Identified => ({ kind: "rejected", code, reason });
