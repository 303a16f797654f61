import { isMap, type Value, type ValueMap } from "../../../language/workflows/value";
import type { LibraryFunction } from "./text";

/** Policies and back-offs that the library has as objects. */
const BACKOFF: ValueMap = new Map<string, Value>([
  ["initial_delay", 1],
  ["max_delay", 60],
  ["multiplier", 1.25],
]);

const policy = (predicate: string): ValueMap =>
  new Map<string, Value>([
    ["predicate", predicate],
    ["max_retries", 5n],
    ["backoff", BACKOFF],
  ]);

/** Values of the names that stand for objects; a predicate within a policy is named. */
export const LIBRARY_VALUES: Readonly<Record<string, Value>> = {
  "http.default_retry": policy("http.default_retry_predicate"),
  "http.default_retry_non_idempotent": policy("http.default_retry_predicate_non_idempotent"),
  "retry.default_backoff": BACKOFF,
};

/** https://cloud.google.com/workflows/docs/reference/stdlib/http/default_retry_predicate */
const retries =
  (codes: readonly bigint[], tags: readonly string[]): LibraryFunction =>
  (error) => {
    if (!isMap(error)) return false;
    const [code, tagged] = [error.get("code"), error.get("tags")];
    return (
      (typeof code === "bigint" && codes.includes(code)) ||
      (Array.isArray(tagged) && tags.some((tag) => tagged.includes(tag)))
    );
  };

export const retryFunctions: Readonly<Record<string, LibraryFunction>> = {
  "http.default_retry_predicate": retries(
    [429n, 502n, 503n, 504n],
    ["ConnectionError", "ConnectionFailedError", "TimeoutError"],
  ),
  "http.default_retry_predicate_non_idempotent": retries([429n, 503n], ["ConnectionFailedError"]),
  "retry.always": () => true,
  "retry.never": () => false,
};

/** Seconds before the n-th retry, counted from 1. */
export const delayBefore = (retry: number, initial: number, max: number, multiplier: number): number =>
  Math.min(initial * multiplier ** (retry - 1), max);
