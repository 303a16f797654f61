import type { Duration } from "../../../language/duration";
import type { Expression } from "../../../language/workflows/expression";
import type { Retry, Template } from "../../../language/workflows/model";
import { NOWHERE } from "./data";
import type { Data, Input } from "./expression";
import { secondsOf } from "./request";
import type { Subworkflow } from "./subworkflow";

/**
 * Which errors are retried. `transient`: 429, 502, 503, 504 and connections that failed, broke or were too late, for
 * what may happen twice; `not-accepted`: 429, 503 and connections that were never made, for what may not.
 */
export type RetryOn = "transient" | "not-accepted" | "always" | Subworkflow<never, boolean>;

/** How what failed is repeated: Google's policy by its name, or one of your own. */
export type RetryPolicy =
  | "transient"
  | "not-accepted"
  | {
      readonly on: RetryOn;
      /** After the first attempt. @default 5 */
      readonly maxRetries?: Input<number>;
      /** @default 1 s */
      readonly initialDelay?: Duration | Input<number>;
      /** @default 60 s */
      readonly maxDelay?: Duration | Input<number>;
      /** Factor from one delay to the next. @default 1.25 */
      readonly multiplier?: Input<number>;
    };

const POLICIES = {
  transient: "http.default_retry",
  "not-accepted": "http.default_retry_non_idempotent",
} as const;

const PREDICATES = {
  transient: "http.default_retry_predicate",
  "not-accepted": "http.default_retry_predicate_non_idempotent",
  always: "retry.always",
} as const;

/** Google's own numbers. https://cloud.google.com/workflows/docs/reference/stdlib/http/default_retry */
const DEFAULTS = { maxRetries: 5, initialDelay: 1, maxDelay: 60, multiplier: 1.25 };

/** @param include makes a sub-workflow a part of the definition */
export function retryOf(
  policy: RetryPolicy,
  template: (data: Data) => Template,
  include: (sub: Subworkflow<never, boolean>) => string,
): Retry {
  if (typeof policy === "string")
    return { policy: { kind: "expression", expression: named(POLICIES[policy]), at: NOWHERE } };
  const { on, ...given } = policy;
  const { maxRetries, initialDelay, maxDelay, multiplier } = { ...DEFAULTS, ...given };
  return {
    predicate: typeof on === "string" ? PREDICATES[on] : include(on),
    maxRetries: template(maxRetries),
    backoff: {
      initialDelay: template(secondsOf(initialDelay)),
      maxDelay: template(secondsOf(maxDelay)),
      multiplier: template(multiplier),
    },
    at: NOWHERE,
  };
}

/** `a.b` as it parses. */
function named(text: string): Expression {
  const [first, ...rest] = text.split(".");
  return rest.reduce<Expression>((of, name) => ({ kind: "member", of, name, offset: 0 }), {
    kind: "variable",
    name: first!,
    offset: 0,
  });
}
