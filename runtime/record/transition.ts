import { type Clock, sleep } from "../clock";
import { StoreUnavailable, Unavailable } from "../errors";
import type { Change, CommitReply, RecordData, Store, Stored } from "../store/store";

/** A record this delivery has written and may write again. */
export interface Held extends Pick<Stored, "record" | "version"> {
  readonly key: string;
}

/** What became of a write by the owner of a record. */
export type Written =
  | { readonly kind: "applied"; readonly held: Held }
  /** The record is as it was; a precondition of an effect failed. */
  | { readonly kind: "refused" }
  /** The same owner had already brought it to an end; the reply to that was lost. */
  | { readonly kind: "settled"; readonly held: Held }
  /** It belongs to somebody else. */
  | { readonly kind: "lost" };

/** How a service that does not answer is asked again. */
export interface Patience {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** No further try begins after this instant. */
  readonly untilMs: number;
}

/** The first pause doubles up to the last; half of each is random, so that many instances do not return in step. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/** @throws Unavailable when there was no answer by `untilMs` */
export const patiently = <T>(patience: Patience, attempt: () => Promise<T>, pause = FIRST_PAUSE_MS): Promise<T> =>
  attempt().catch(async (error: unknown) => {
    const wait = pause * (0.5 + patience.random() / 2);
    if (!(error instanceof Unavailable) || patience.clock.now() + wait > patience.untilMs) throw error;
    await sleep(patience.clock, wait);
    return patiently(patience, attempt, Math.min(LAST_PAUSE_MS, pause * 2));
  });

/** A write, and what the store said to it: nothing, if it fell silent and nobody knows whether it happened. */
export interface Made {
  readonly record: RecordData;
  readonly reply: CommitReply | StoreUnavailable;
}

/** Writes over a record this delivery holds, as often as the patience lasts. */
export const write = (
  store: Store,
  held: Held,
  build: (record: RecordData) => Omit<Change, "key" | "expect">,
  patience: Patience,
): Promise<Written> =>
  writeBy(
    ({ key, version, record }) => {
      const change = { key, expect: version, ...build(record) };
      return patiently(patience, () => store.commit(change)).then((reply) => ({ record: change.record, reply }));
    },
    store,
    held,
    patience,
  );

/**
 * The same with a write that somebody else makes. A reply may be lost and the write sent twice, so a failed
 * precondition is not the end: the record is read, and if it was this owner who moved it, that counts as the write, or
 * the write is made again on top of it (a renewal whose reply was lost).
 * @throws StoreUnavailable when nobody can tell whether it happened; whatever `make` throws
 */
export async function writeBy(
  make: (base: Held) => Promise<Made>,
  store: Store,
  held: Held,
  patience: Patience,
): Promise<Written> {
  let base = held;
  for (;;) {
    const { record, reply } = await make(base);
    const silence = reply instanceof StoreUnavailable ? reply : undefined;
    if ("applied" in reply && reply.applied)
      return { kind: "applied", held: { ...base, record, version: reply.version } };
    const { stored } = await patiently(patience, () => store.read(base.key));
    const unmoved = stored?.version === base.version;
    if (unmoved && !silence) return { kind: "refused" };
    if (!unmoved) {
      if (stored?.record.owner !== record.owner || stored.record.token !== record.token) return { kind: "lost" };
      const found = { ...base, ...stored };
      const same = stored.record.revision === record.revision && stored.record.state === record.state;
      if (same) return { kind: "applied", held: found };
      if (stored.record.state !== "CLAIMED") return { kind: "settled", held: found };
      base = found;
    }
    if (silence) throw silence;
  }
}
