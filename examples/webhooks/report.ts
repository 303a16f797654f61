import type { CrashPoint } from "millrace/contract";
import type { Door } from "millrace/local";
import type { WebhookEvent } from "./corpus";
import type { Schedule } from "./schedule";

/** What was seen while the main job ran; nothing here is deduplicated. */
export interface Observations {
  readonly seed: number;
  readonly schedule: Schedule;
  /** Deliveries started, by the name of the consumer whose subscription made them. */
  readonly deliveries: Readonly<Record<string, number>>;
  /** Deliveries acknowledged, likewise. */
  readonly acked: Readonly<Record<string, number>>;
  /** Every raw write of an effect document, in commit order. */
  readonly writes: readonly { readonly consumer: string; readonly delivery: string }[];
  /** Every line of the audit file. */
  readonly auditLines: readonly string[];
  /** Every message found behind a dead-letter topic. */
  readonly deadLetters: readonly { readonly consumer: string; readonly delivery: string }[];
  /** Processes killed, by the point they had reached. */
  readonly crashes: Readonly<Partial<Record<CrashPoint, number>>>;
  /** Of the at-least-once consumer: kills between effect and record, and deliveries in flight when it was killed. */
  readonly auditKills: { readonly afterEffect: number; readonly interrupted: number };
  readonly timeScale: number;
  /** How the plan came to the engine: applied by the real Terraform, or read by the engine itself. */
  readonly door: Door;
  readonly seconds: number;
}

/** A consumer as the report needs to know it. */
export interface ReportedConsumer {
  readonly handler: string;
  readonly transactional: boolean;
  readonly ordered: boolean;
  readonly receives: (event: WebhookEvent) => boolean;
}

export interface Report {
  readonly schemaVersion: 1;
  readonly seed: number;
  /** Messages published, duplicates included. */
  readonly published: number;
  readonly distinctEvents: number;
  readonly deliveries: number;
  readonly duplicatesPublished: number;
  /** Acknowledged deliveries that had no effect because the event had had it already. */
  readonly duplicatesSuppressed: number;
  readonly crashes: Readonly<Partial<Record<CrashPoint, number>>>;
  /** Raw writes of effects by the transactional consumers. */
  readonly effects: number;
  readonly effectsExpected: number;
  readonly effectsByConsumer: Readonly<Record<string, number>>;
  /** The consumer whose effect lies outside the store: every event at least once, repeats only where it was killed. */
  readonly atLeastOnce: {
    readonly consumer: string;
    readonly appended: number;
    readonly distinct: number;
    readonly repeats: number;
    /** Deliveries that a kill cut short: no more than these may repeat. */
    readonly interrupted: number;
  };
  /** Distinct events behind any dead-letter topic. */
  readonly deadLettered: number;
  readonly deadLetteredBySubscription: Readonly<Record<string, number>>;
  /** Pairs of event and consumer with neither effect nor dead letter. */
  readonly lost: number;
  /** Effects of an ordered consumer that overtook an earlier event of the same key. */
  readonly outOfOrder: number;
  readonly timeScale: number;
  readonly door: Door;
  readonly seconds: number;
  readonly checks: readonly Check[];
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly got: number | string;
  readonly want: number | string;
}

/** Crash points that the schedule promises to hit. */
export const PROMISED_POINTS = ["C2", "C3", "C4", "C6"] as const satisfies readonly CrashPoint[];

/** Counts what was observed and checks it against what must hold. */
export function assess(seen: Observations, consumers: readonly ReportedConsumer[]): Report {
  const { publications } = seen.schedule;
  const events = [...new Set(publications)];
  const poisoned = new Set(events.filter((event) => event.poison).map(({ delivery }) => delivery));
  const dead = new Set(seen.deadLetters.map(({ consumer, delivery }) => `${consumer}/${delivery}`));
  const audited = countBy(seen.auditLines.map((line) => (JSON.parse(line) as { delivery: string }).delivery));
  const written = countBy(seen.writes.map(({ consumer, delivery }) => `${consumer}/${delivery}`));

  const pairs = consumers.flatMap((consumer) =>
    events.filter((event) => consumer.receives(event)).map((event) => ({ consumer, event })),
  );
  const happened = ({ consumer, event }: (typeof pairs)[number]) =>
    (consumer.transactional ? written.get(`${consumer.handler}/${event.delivery}`) : audited.get(event.delivery)) ?? 0;
  const expected = pairs.filter(
    ({ consumer, event }) => consumer.transactional && !dead.has(`${consumer.handler}/${event.delivery}`),
  );
  const lost = pairs.filter(
    (pair) => happened(pair) === 0 && !dead.has(`${pair.consumer.handler}/${pair.event.delivery}`),
  );
  const inexact = expected.filter((pair) => happened(pair) !== 1);
  const stray = seen.writes.length - expected.reduce((sum, pair) => sum + happened(pair), 0);

  const suppressed = consumers.reduce((sum, { handler }) => {
    const finished = pairs.filter(
      (pair) =>
        pair.consumer.handler === handler && (happened(pair) > 0 || dead.has(`${handler}/${pair.event.delivery}`)),
    );
    // An unparsable message is never acknowledged: the subscription itself moves it to the dead-letter topic.
    const acknowledged = finished.filter(({ event }) => event.poison !== "unparsable").length;
    return sum + (seen.acked[handler] ?? 0) - acknowledged;
  }, 0);
  const duplicateDeliveries = consumers.reduce(
    (sum, consumer) =>
      sum + publications.filter((event) => consumer.receives(event)).length - events.filter(consumer.receives).length,
    0,
  );

  const deadEvents = new Set(seen.deadLetters.map(({ delivery }) => delivery));
  const outside = consumers.find(({ transactional }) => !transactional)!;
  const appended = seen.auditLines.length;
  const repeats = appended - audited.size;
  const outOfOrder = consumers.filter(({ ordered }) => ordered).reduce((sum, c) => sum + overtaken(seen, c.handler), 0);

  const checks: Check[] = [
    exactly("effects", seen.writes.length, expected.length),
    exactly("events whose effect did not happen exactly once", inexact.length + stray, 0),
    exactly("lost", lost.length, 0),
    exactly("dead-lettered events", deadEvents.size, poisoned.size),
    exactly("poison events among them", [...deadEvents].filter((id) => poisoned.has(id)).length, poisoned.size),
    atLeast("duplicates suppressed", suppressed, duplicateDeliveries),
    exactly("out of order", outOfOrder, 0),
    ...PROMISED_POINTS.map((point) => atLeast(`crashes at ${point}`, seen.crashes[point] ?? 0, 1)),
    // The honest half of the claim: without a transaction, a kill between effect and record does repeat the effect.
    atLeast("repeats where a kill fell between effect and record", repeats, seen.auditKills.afterEffect),
    exactly("repeats beyond what kills interrupted", Math.max(0, repeats - seen.auditKills.interrupted), 0),
  ];
  return {
    schemaVersion: 1,
    seed: seen.seed,
    published: publications.length,
    distinctEvents: events.length,
    deliveries: sum(seen.deliveries),
    duplicatesPublished: seen.schedule.duplicates,
    duplicatesSuppressed: suppressed,
    crashes: seen.crashes,
    effects: seen.writes.length,
    effectsExpected: expected.length,
    effectsByConsumer: Object.fromEntries(countBy(seen.writes.map(({ consumer }) => consumer))),
    atLeastOnce: {
      consumer: outside.handler,
      appended,
      distinct: audited.size,
      repeats,
      interrupted: seen.auditKills.interrupted,
    },
    deadLettered: deadEvents.size,
    deadLetteredBySubscription: Object.fromEntries(countBy(seen.deadLetters.map(({ consumer }) => consumer))),
    lost: lost.length,
    outOfOrder,
    timeScale: seen.timeScale,
    door: seen.door,
    seconds: seen.seconds,
    checks,
  };
}

/** How often an event's effect came after that of a later event of the same ordering key. */
function overtaken({ schedule, writes }: Observations, handler: string): number {
  const position = new Map<string, { at: number; key: string | undefined }>();
  schedule.publications.forEach((event, at) => {
    if (!position.has(event.delivery)) position.set(event.delivery, { at, key: event.orderingKey });
  });
  const latest = new Map<string, number>();
  let count = 0;
  for (const { consumer, delivery } of writes) {
    const found = consumer === handler ? position.get(delivery) : undefined;
    if (found?.key === undefined) continue;
    if (found.at < (latest.get(found.key) ?? -1)) count++;
    latest.set(found.key, Math.max(found.at, latest.get(found.key) ?? -1));
  }
  return count;
}

function countBy<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
const exactly = (name: string, got: number, want: number): Check => ({ name, ok: got === want, got, want });
const atLeast = (name: string, got: number, want: number): Check => ({ name, ok: got >= want, got, want: `≥ ${want}` });
