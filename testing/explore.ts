import { seededRandom } from "../local/engine/random";
import type { Delivery } from "./delivery";
import { type TestEvent, nameOf } from "./event";
import { type QuietKit, startQuietly } from "./handler";
import type { HandlerKit } from "./kit";
import { brokenPromises } from "./promises";
import { drawSchedule, plainest, printStep, simpler, type Step } from "./schedule";

/** A handler in surroundings of its own, and what must hold of it at the end of any schedule. */
export interface Scenario {
  readonly kit: HandlerKit<never>;
  /** What is delivered; each of them at least once. */
  readonly events: readonly TestEvent[];
  /** Looks at the effects once every event has come to its end; throws when they are not what they must be. */
  readonly check?: () => unknown;
}

export interface Exploration {
  /** Makes the scenario afresh for each schedule. @param seed for `testHandler` */
  readonly setup: (seed: string) => Scenario | Promise<Scenario>;
  /** @default 1 */
  readonly seed?: number | string;
  /** Schedules to play. @default 100 */
  readonly runs?: number;
  /** Steps of the longest schedule. @default 8 */
  readonly steps?: number;
  /** Plays this one instead, as a failure has printed it. */
  readonly schedule?: readonly Step[];
}

/** What an exploration has seen, so that a test can tell it from one in which nothing happened. */
export interface Explored {
  readonly runs: number;
  readonly deliveries: number;
  /** How many deliveries ended in each way. */
  readonly outcomes: Readonly<Partial<Record<Delivery["outcome"]["kind"], number>>>;
}

/** A schedule under which a handler does not keep what it must; the shortest that was found. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
  constructor(
    message: string,
    readonly schedule: readonly Step[],
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Attempts at making a failing schedule simpler. */
const MAX_SHRINKS = 500;

/**
 * Plays random schedules of deliveries, copies, crashes, pauses and failing calls against a handler; then lets all go
 * well until every event is acknowledged or dead-lettered, and checks what the runtime promises and what the scenario
 * asks for.
 * @throws ScheduleError with the shortest failing schedule found, as text that can be played again
 */
export async function explore(options: Exploration): Promise<Explored> {
  const { setup, seed = 1, runs = 100, steps = 8 } = options;
  const outcomes: Partial<Record<Delivery["outcome"]["kind"], number>> = {};
  let deliveries = 0;
  const drawn = options.schedule === undefined ? runs : 1;
  for (let run = 1; run <= drawn; run++) {
    const seedOfRun = `${seed}/${run}`;
    const attempt = (schedule: readonly Step[]) => play(setup, seedOfRun, schedule);
    const { manifest, events } = await shapeOf(setup, seedOfRun);
    const random = seededRandom(seedOfRun).fork("schedule");
    const schedule = options.schedule ?? drawSchedule(random, manifest.effects, events, steps);
    const played = await attempt(schedule);
    for (const { outcome } of played.kit.deliveries) outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1;
    deliveries += played.kit.deliveries.length;
    if (!played.failed) continue;
    const found = { schedule, played };
    const shortest = options.schedule ? found : await shrink(found, plainest(manifest.effects, events), attempt);
    throw toError(shortest.schedule, shortest.played, `seed ${seed}, run ${run}`, schedule.length);
  }
  return { runs: drawn, deliveries, outcomes };
}

interface Played {
  readonly kit: HandlerKit<never>;
  readonly events: readonly TestEvent[];
  readonly failed?: { readonly error: unknown };
}

async function shapeOf(setup: Exploration["setup"], seed: string) {
  const { kit, events } = await setup(seed);
  if (events.length === 0) throw new RangeError("a scenario without events proves nothing; give it at least one");
  return { manifest: kit.manifest, events: events.length };
}

async function play(setup: Exploration["setup"], seed: string, schedule: readonly Step[]): Promise<Played> {
  const { kit, events, check } = await setup(seed);
  const { [startQuietly]: start } = kit as HandlerKit<never> & QuietKit;
  const messages = new Set(events);
  const meanwhile: Promise<unknown>[] = [];
  try {
    for (const step of schedule) {
      if (step.do === "wait") {
        await kit.advance(step.for);
        continue;
      }
      const original = events[step.event % events.length]!;
      const event = step.copy ? kit.copyOf(original) : original;
      messages.add(event);
      const delivery = start(event, step);
      if (!step.meanwhile) await delivery;
      else meanwhile.push(delivery);
      // Reported by Promise.all below; until then it must not end the process.
      delivery.catch(() => {});
    }
    await Promise.all(meanwhile);
    for (const event of messages) await kit.settle(event);
    // Writes that were late arrive now.
    await kit.advance("5m");
    const broken = await brokenPromises(kit);
    if (broken.length > 0) throw new Error(broken.join("\n"));
    await check?.();
    return { kit, events };
  } catch (error) {
    return { kit, events, failed: { error } };
  }
}

interface Found {
  readonly schedule: readonly Step[];
  readonly played: Played;
}

async function shrink(
  first: Found,
  plain: readonly (readonly Step[])[],
  attempt: (schedule: readonly Step[]) => Promise<Played>,
): Promise<Found> {
  let best = first;
  let left = MAX_SHRINKS;
  for (let candidates: Iterable<readonly Step[]> | undefined = plain; candidates;) {
    const next: Found | undefined = await firstFailing(candidates, async (schedule) =>
      left-- > 0 ? attempt(schedule) : undefined,
    );
    best = next ?? best;
    // The plainest ones are tried once; a schedule of one step is only made simpler from there.
    candidates = next || candidates === plain ? simpler(best.schedule) : undefined;
  }
  return best;
}

async function firstFailing(
  candidates: Iterable<readonly Step[]>,
  attempt: (schedule: readonly Step[]) => Promise<Played | undefined>,
): Promise<Found | undefined> {
  for (const schedule of candidates) {
    const played = await attempt(schedule);
    if (!played) return undefined;
    if (played.failed) return { schedule, played };
  }
  return undefined;
}

function toError(schedule: readonly Step[], { kit, events, failed }: Played, where: string, length: number) {
  const { error } = failed!;
  const lines = [
    `the handler fails under this schedule (${where}; ${schedule.length} of ${length} steps):`,
    ...schedule.map((step) => `  ${printStep(step)}`),
    ...events.map((event, i) => `event ${i}: ${nameOf(event)}`),
    ...kit.deliveries.map(
      ({ number, event, outcome, points }) =>
        `delivery ${number} of ${event.id}: ${outcome.kind} (${points.join(" ")})`,
    ),
    error instanceof Error ? error.message : String(error),
  ];
  return new ScheduleError(lines.join("\n"), schedule, { cause: error });
}
