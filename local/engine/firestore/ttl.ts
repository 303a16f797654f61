import { milliseconds } from "../../../language/duration";
import type { Clock, Timer } from "../clock";
import type { Documents } from "./documents";
import { getField, parseFieldPath } from "./field-path";
import { parseMicros } from "./time";

/** A `google_firestore_field` with a `ttl_config`. */
export interface TtlPolicy {
  /** `projects/{project}/databases/{database}` */
  readonly database: string;
  /** Collection id, wherever such a collection is. */
  readonly collectionGroup: string;
  /** Path of the Timestamp field; a document without it, or with another type in it, never expires. */
  readonly field: string;
}

export interface TtlOptions {
  readonly documents: Documents;
  readonly clock: Clock;
  /** What there is at this moment. */
  readonly policies: () => readonly TtlPolicy[];
  /**
   * Engine milliseconds an expired document is still found.
   * @default 24 h: "typically deleted within 24 hours" (https://firebase.google.com/docs/firestore/ttl)
   */
  readonly delayMs?: number;
  /** Engine milliseconds between two sweeps. @default 1 h */
  readonly everyMs?: number;
}

/**
 * Deletes expired documents as late as production does, so that code which forgets to check `expireAt` shows it here.
 * @returns a function that ends the sweeping
 */
export function startTtl({ documents, clock, policies, ...options }: TtlOptions): () => void {
  const delayMs = options.delayMs ?? milliseconds("24h");
  const everyMs = options.everyMs ?? milliseconds("1h");
  let timer: Timer;
  const sweep = () => {
    for (const policy of policies())
      documents.expire(policy.database, expired(documents, policy, clock.now() - delayMs));
    timer = clock.after(everyMs, sweep);
  };
  timer = clock.after(everyMs, sweep);
  return () => timer.cancel();
}

function expired(documents: Documents, { database, collectionGroup, field }: TtlPolicy, beforeMs: number): string[] {
  const path = parseFieldPath(field);
  const { result } = documents.query(database, (all) => all.inGroup(collectionGroup, `${database}/documents`));
  return result
    .filter(({ fields }) => {
      const value = getField(fields, path);
      return value && "timestampValue" in value && parseMicros(value.timestampValue, field) <= beforeMs * 1_000;
    })
    .map(({ name }) => name);
}
