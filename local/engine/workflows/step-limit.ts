import { LIMITS } from "../../../language/workflows/limits";
import type { Value } from "../../../language/workflows/value";

/** The execution took more steps than Google allows; no except catches it. */
export class StepLimitError extends Error {
  readonly value: Value = new Map<string, Value>([
    ["message", `ResourceLimitError: the execution took more than ${LIMITS.steps} steps`],
    ["tags", ["ResourceLimitError"]],
  ]);
}
