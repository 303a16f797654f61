import { type VirtualClock, virtualClock } from "../local/engine/clock";
import { type Random, seededRandom } from "../local/engine/random";
import type { Clock } from "../runtime/clock";
import { type MemoryStore, memoryStore } from "../runtime/store/memory";
import type { OutboxRow, Store } from "../runtime/store/store";

/** What outlives every process: time, the store, and what was published. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly published: OutboxRow[];
}

/** Surroundings in which time moves only when told to. */
export interface World extends Surroundings {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
}

/** Where virtual time begins unless a test says otherwise. */
export const BEGINNING_MS = 1_700_000_000_000;

export function createWorld(seed: number | string = 1): World {
  const clock = virtualClock(BEGINNING_MS);
  return { clock, random: seededRandom(seed), store: memoryStore({ clock }), published: [] };
}
