import type { Duration } from "../contract/duration";
import type { Effects } from "../contract/contract";
import type { CrashPoint } from "../contract/probe";
import type { Random } from "../local/engine/random";
import type { DeliverOptions } from "./delivery";
import type { Call, CallFault } from "./faults";

/** One thing that happens in a schedule. Plain data, so that a failing schedule can be printed and played again. */
export type Step =
  | ({
      readonly do: "deliver";
      /** Which of the scenario's events, from 0. */
      readonly event: number;
      /** A copy under an id of its own: the publisher has sent twice. @default false */
      readonly copy?: boolean;
      /** The next step does not wait for the end of this one. @default false */
      readonly meanwhile?: boolean;
    } & Pick<DeliverOptions, "crashAt" | "pauseAt" | "pauseFor" | "faults">)
  | { readonly do: "wait"; readonly for: Duration };

type Deliver = Extract<Step, { do: "deliver" }>;

const POINTS: Readonly<Record<Effects, readonly CrashPoint[]>> = {
  transactional: ["C0", "C2", "C3", "C6", "C12"],
  "at-least-once": ["C0", "C2", "C4", "C6"],
};
const CALLS: readonly Call[] = [
  "claim",
  "renew",
  "step",
  "finish",
  "finish",
  "release",
  "park",
  "relay",
  "read",
  "publish",
];
const FAULTS: readonly CallFault["fault"][] = ["reply-lost", "reply-lost", "unavailable", "late", "slow"];
const WAITS: readonly Duration[] = ["200ms", "6s", "16s", "2m"];

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;

/** A schedule of at most so many steps. */
export function drawSchedule(random: Random, effects: Effects, events: number, most: number): Step[] {
  return Array.from({ length: 1 + random.below(most) }, () => {
    if (random.next() < 0.1) return { do: "wait", for: oneOf(random, WAITS) };
    const trouble = random.next();
    const point = oneOf(random, POINTS[effects]);
    const fault: CallFault = {
      on: oneOf(random, CALLS),
      fault: oneOf(random, FAULTS),
      times: 1 + random.below(3),
      by: oneOf(random, WAITS),
    };
    return {
      do: "deliver",
      event: random.below(events),
      ...(random.next() < 0.3 && { copy: true }),
      // Only what goes on while a process is frozen can take its event over.
      ...((random.next() < 0.4 || (trouble >= 0.3 && trouble < 0.5)) && { meanwhile: true }),
      ...(trouble < 0.3 && { crashAt: point }),
      ...(trouble >= 0.3 && trouble < 0.5 && { pauseAt: point, pauseFor: oneOf(random, ["1s", "8s", "20s"] as const) }),
      ...(trouble >= 0.5 && trouble < 0.75 && { faults: [fault] }),
    };
  });
}

/** No trouble at all, then one crash: when one of these fails too, nothing explains a failure better. */
export const plainest = (effects: Effects, events: number): readonly (readonly Step[])[] => [
  [],
  ...Array.from({ length: events }, (_, event) => event).flatMap((event) =>
    POINTS[effects].map((crashAt): readonly Step[] => [{ do: "deliver", event, crashAt }]),
  ),
];

/** Schedules that are a little simpler than the given one, the greatest simplifications first. */
export function* simpler(steps: readonly Step[]): Generator<readonly Step[]> {
  for (let size = Math.floor(steps.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at + size <= steps.length; at += size) yield [...steps.slice(0, at), ...steps.slice(at + size)];
  for (const [at, step] of steps.entries())
    for (const less of simplerSteps(step)) yield [...steps.slice(0, at), less, ...steps.slice(at + 1)];
}

const OPTIONAL = ["faults", "pauseAt", "crashAt", "meanwhile", "copy"] as const satisfies readonly (keyof Deliver)[];

function* simplerSteps(step: Step): Generator<Step> {
  if (step.do === "wait") return;
  for (const option of OPTIONAL) {
    if (step[option] === undefined) continue;
    const { [option]: _dropped, ...less } = step;
    const { pauseFor: _length, ...unpaused } = less;
    yield option === "pauseAt" ? unpaused : less;
  }
  const faults = step.faults ?? [];
  if (faults.some(({ times }) => times !== undefined))
    yield { ...step, faults: faults.map(({ times: _once, ...fault }) => fault) };
}

/** A line of the schedule as it stands in a program. */
export function printStep(step: Step): string {
  return `${JSON.stringify(step)
    .replace(/"([a-zA-Z]+)":/g, " $1: ")
    .replace(/,(?= [a-zA-Z])/g, ",")
    .replace(/([^\s{[])\}/g, "$1 }")},`;
}
