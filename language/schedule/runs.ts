import { wallTimes as cronWallTimes } from "./cron";
import { DAY_MINUTES, type DaysSchedule, type IntervalSchedule, namesHours, type Schedule } from "./syntax";
import { earliest, instantsOf, toWall } from "./zone";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Longer than any clock is set back. */
const OVERLAP_MS = 3 * 3_600_000;
/** A fifth Monday of February comes every 28 years, and once after 40 (around 2100). */
const FARTHEST_DAYS = 45 * 366;

/**
 * Instants at which a schedule runs after one, ascending, milliseconds since the Unix epoch. Cloud Scheduler goes by the
 * clock on the wall: a time in a gap is left out, a time that comes twice runs twice ("execution anomalies" are all that
 * Google promises, so a handler must stand both).
 * @param zone name of the tz database
 * @param afterMs excluded; for an interval without a window: when the previous run has ended
 */
export function* runsAfter(schedule: Schedule, zone: string, afterMs: number): Generator<number, undefined> {
  if (schedule.kind === "interval" && schedule.window === undefined) {
    for (let at = afterMs; ;) yield (at += schedule.minutes * MINUTE_MS);
  }
  // Wall times in an overlap are not in the order of their instants: they wait until no earlier one can come.
  let waiting: number[] = [];
  for (const wall of wallTimes(schedule, toWall(afterMs, zone) - OVERLAP_MS)) {
    const bound = earliest(wall, zone);
    const due = waiting.filter((instant) => instant < bound);
    waiting = [...waiting.filter((instant) => instant >= bound), ...instantsOf(wall, zone)].sort((a, b) => a - b);
    for (const instant of due) if (instant > afterMs) yield instant;
  }
  for (const instant of waiting) if (instant > afterMs) yield instant;
  return undefined;
}

/** The first `count` runs after an instant; fewer only where the calendar ends. */
export function nextRuns(schedule: Schedule, zone: string, afterMs: number, count: number): readonly number[] {
  const found: number[] = [];
  if (count < 1) return found;
  for (const run of runsAfter(schedule, zone, afterMs)) if (found.push(run) >= count) break;
  return found;
}

/** A time of a schedule that the clocks show never or twice. */
export interface ClockChange {
  readonly kind: "skipped" | "twice";
  /** What the clock on the wall shows, written as if it were UTC, milliseconds. */
  readonly wallMs: number;
}

/** Runs that a change of the clocks hits within a span; schedules that name no hour have none worth a word. */
export function clockChanges(schedule: Schedule, zone: string, fromMs: number, days: number): readonly ClockChange[] {
  if (!namesHours(schedule)) return [];
  const found: ClockChange[] = [];
  // Only the days on which the clocks are changed are gone through: a schedule may have a thousand times a day.
  for (const day of changingDays(zone, fromMs, fromMs + days * DAY_MS)) {
    const wall = toWall(day, zone);
    const end = wall + DAY_MS + OVERLAP_MS;
    for (const wallMs of wallTimes(schedule, wall - OVERLAP_MS)) {
      if (wallMs > end) break;
      const instants = instantsOf(wallMs, zone).length;
      if (instants !== 1) found.push({ kind: instants === 0 ? "skipped" : "twice", wallMs });
    }
  }
  return found;
}

/** Instants within a span after which the clocks are changed before a day has passed; no zone does so twice in a week. */
function* changingDays(zone: string, fromMs: number, endMs: number): Generator<number> {
  const changes = (at: number, lengthMs: number) => toWall(at + lengthMs, zone) - toWall(at, zone) !== lengthMs;
  for (let week = fromMs; week < endMs; week += 7 * DAY_MS) {
    if (!changes(week, 7 * DAY_MS)) continue;
    for (let day = week; day < week + 7 * DAY_MS; day += DAY_MS) if (changes(day, DAY_MS)) yield day;
  }
}

function wallTimes(schedule: Schedule, afterWallMs: number): Generator<number, undefined> {
  if (schedule.kind === "cron") return cronWallTimes(schedule, afterWallMs);
  return schedule.kind === "days" ? daysWallTimes(schedule, afterWallMs) : windowWallTimes(schedule, afterWallMs);
}

const midnight = (wallMs: number) => Math.floor(wallMs / DAY_MS) * DAY_MS;

function* daysWallTimes({ days, months, at }: DaysSchedule, afterWallMs: number): Generator<number, undefined> {
  let empty = 0;
  for (let day = midnight(afterWallMs); empty < FARTHEST_DAYS; day += DAY_MS, empty++) {
    const date = new Date(day);
    const dayOfMonth = date.getUTCDate();
    const fits =
      months.includes(date.getUTCMonth() + 1) &&
      (days.kind === "dates"
        ? days.dates.includes(dayOfMonth)
        : days.weekdays.includes(date.getUTCDay()) && days.ordinals.includes(Math.ceil(dayOfMonth / 7)));
    const wall = day + at * MINUTE_MS;
    if (!fits || wall <= afterWallMs) continue;
    empty = 0;
    yield wall;
  }
  return undefined;
}

function* windowWallTimes({ minutes, window }: IntervalSchedule, afterWallMs: number): Generator<number, undefined> {
  const { from, to } = window === undefined || window === "synchronized" ? { from: 0, to: DAY_MINUTES - 1 } : window;
  const length = to >= from ? to - from : to + DAY_MINUTES - from;
  // The window of the day before may reach over midnight.
  for (let day = midnight(afterWallMs) - DAY_MS; ; day += DAY_MS)
    for (let minute = 0; minute <= length; minute += minutes) {
      const wall = day + (from + minute) * MINUTE_MS;
      if (wall > afterWallMs) yield wall;
    }
}
