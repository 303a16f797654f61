import { type Clock, sleep } from "../clock";
import { Unavailable } from "../errors";
import type { Change, RecordData, Store, Stored } from "../store/store";

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
export async function patiently<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LAST_PAUSE_MS, pause * 2)) {
    try {
      return await attempt();
    } catch (error) {
      const wait = pause * (0.5 + patience.random() / 2);
      if (!(error instanceof Unavailable) || patience.clock.now() + wait > patience.untilMs) throw error;
      await sleep(patience.clock, wait);
    }
  }
}

/**
 * Writes over a record this delivery holds. A reply may be lost and the write sent twice, so a failed precondition is
 * not the end: the record is read, and if it was this owner who moved it, that counts as the write, or the write is
 * made again on top of it (a renewal whose reply was lost).
 */
export async function write(
  store: Store,
  held: Held,
  build: (record: RecordData) => Omit<Change, "key" | "expect">,
  patience: Patience,
): Promise<Written> {
  let base = held;
  for (;;) {
    const change = { key: base.key, expect: base.version, ...build(base.record) };
    const { owner, token } = change.record;
    const reply = await patiently(patience, () => store.commit(change));
    if (reply.applied) return { kind: "applied", held: { ...base, record: change.record, version: reply.version } };
    const { stored } = await patiently(patience, () => store.read(base.key));
    if (stored?.version === base.version) return { kind: "refused" };
    if (stored?.record.owner !== owner || stored.record.token !== token) return { kind: "lost" };
    const found = { ...base, ...stored };
    const same = stored.record.revision === change.record.revision && stored.record.state === change.record.state;
    if (same) return { kind: "applied", held: found };
    if (stored.record.state !== "CLAIMED") return { kind: "settled", held: found };
    base = found;
  }
}
