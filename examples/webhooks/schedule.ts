import type { CrashPoint } from "millrace/contract";
import { type Random, seededRandom } from "millrace/local";
import type { WebhookEvent } from "./corpus";

/** A process to kill: the one of `handler`, when it reaches `point` while it handles the event with this identity. */
export interface Kill {
  readonly handler: string;
  readonly point: CrashPoint;
  readonly delivery: string;
}

export interface Schedule {
  /** Everything to publish, in order; an event that is sent twice stands here twice. */
  readonly publications: readonly WebhookEvent[];
  readonly duplicates: number;
  readonly kills: readonly Kill[];
}

/** One event in five is published a second time. */
const DUPLICATE_SHARE = 0.2;

/** A consumer as the schedule needs to know it. */
export interface Consumer {
  readonly handler: string;
  readonly receives: (event: WebhookEvent) => boolean;
  /** Crash points to hit, each on an event of its own. C4 exists in lease mode alone. */
  readonly crashes: readonly CrashPoint[];
}

/** Draws duplicates and kills from the seed: the same seed, the same schedule. */
export function schedule(events: readonly WebhookEvent[], consumers: readonly Consumer[], seed: number): Schedule {
  const random = seededRandom(seed).fork("schedule");
  const publications: WebhookEvent[] = [...events];
  // Poison goes somewhere into the stream, not to its end where it would disturb nobody.
  const healthy = events.filter((event) => !event.poison);
  for (const event of events.filter(({ poison }) => poison)) move(publications, event, random.below(healthy.length));

  const again = sample(healthy, Math.round(healthy.length * DUPLICATE_SHARE), random.fork("duplicates"));
  const distance = random.fork("distance");
  for (const event of again) {
    // Some duplicates come on the heels of the original and find it busy, some long after and find it done.
    const gap = distance.next() < 0.5 ? 1 : 1 + distance.below(80);
    publications.splice(Math.min(publications.length, publications.indexOf(event) + gap), 0, event);
  }

  const kills = consumers.flatMap(({ handler, receives, crashes }) => {
    const victims = sample(healthy.filter(receives), crashes.length, random.fork(`kills/${handler}`));
    return crashes.map((point, i) => ({ handler, point, delivery: victims[i]!.delivery }));
  });
  return { publications, duplicates: again.length, kills };
}

function move<T>(list: T[], item: T, to: number): void {
  list.splice(list.indexOf(item), 1);
  list.splice(to, 0, item);
}

/** `count` different items, in random order. */
function sample<T>(items: readonly T[], count: number, random: Random): T[] {
  const pool = [...items];
  return Array.from({ length: Math.min(count, pool.length) }, () => pool.splice(random.below(pool.length), 1)[0]!);
}
