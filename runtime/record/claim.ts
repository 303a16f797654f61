import { type Clock, sleep } from "../clock";
import type { RecordData, Store, Version } from "../store/store";
import { type ClaimRequest, decide, firstClaim } from "./decide";
import { type Held, patiently } from "./transition";

/** What a delivery may do with its event. */
export type Claimed =
  /** `exhausted`: every attempt is used up, so the only thing left to do is to park it. */
  | { readonly kind: "run" | "exhausted"; readonly held: Held; readonly takeover?: boolean }
  /** Done or parked before. */
  | { readonly kind: "ended"; readonly held: Held }
  | { readonly kind: "busy" }
  | { readonly kind: "keyReuse" };

export interface ClaimOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** A claim that could only succeed after this instant is not made: the handler would have too little time. */
  readonly claimUntilMs: number;
  /** Waiting for the owner's result ends here. */
  readonly waitUntilMs: number;
  /** Ends the wait at once. */
  readonly stop: AbortSignal;
}

/** Pause between two looks at a busy record: short at first, since most handlers are, then up to a second. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 1_000;
/** How long a store that does not answer is asked for a claim before the delivery is given back. */
const CLAIM_PATIENCE_MS = 2_000;

/**
 * Claims an event, or waits inside the request until its owner is done: answering a healthy duplicate with an error
 * would count towards dead-lettering and slow the whole subscription down.
 * @throws StoreUnavailable
 */
export async function claim(store: Store, request: ClaimRequest, options: ClaimOptions): Promise<Claimed> {
  const { clock, random, stop } = options;
  const { key } = request;
  const ask = <T>(attempt: () => Promise<T>) =>
    patiently({ clock, random, untilMs: clock.now() + CLAIM_PATIENCE_MS }, attempt);

  const holding = (record: RecordData, version: Version): Held => ({ key, record, version });

  const record = firstClaim(request);
  const first = await ask(() => store.commit({ key, expect: undefined, record }));
  if (first.applied) return { kind: "run", held: holding(record, first.version) };

  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LAST_LOOK_MS, pause * 1.5)) {
    const snapshot = await ask(() => store.read(key));
    const decision = decide(snapshot, request);
    switch (decision.kind) {
      case "keyReuse":
        return decision;
      case "ended":
      case "owned":
        return {
          kind: decision.kind === "owned" ? "run" : "ended",
          held: holding(decision.record, decision.version),
        };
      case "claim":
      case "exhausted": {
        if (clock.now() > options.claimUntilMs || stop.aborted) return { kind: "busy" };
        const reply = await ask(() => store.commit({ key, expect: decision.expect, record: decision.record }));
        // Somebody was faster, or the reply to an earlier try was lost: look again at once.
        if (!reply.applied) continue;
        return {
          kind: decision.kind === "claim" ? "run" : "exhausted",
          held: holding(decision.record, reply.version),
          takeover: decision.record.lostLeases > (snapshot.stored?.record.lostLeases ?? 0),
        };
      }
      case "wait": {
        const left = options.waitUntilMs - clock.now();
        if (left <= 0 || stop.aborted) return { kind: "busy" };
        // A lease that ends is looked at just after its end; jitter keeps the duplicates of one event apart.
        const look = pause * (0.5 + random());
        await sleep(clock, Math.min(left, look, decision.forMs + 1 + 20 * random()), stop);
      }
    }
  }
}
