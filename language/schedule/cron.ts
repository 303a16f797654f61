import { Cron } from "croner";
import type { CronField, CronSchedule, CronTerm, ScheduleFault } from "./syntax";
import { MONTHS, printSchedule, WEEKDAYS } from "./syntax";

interface FieldKind {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Three letters each; the first stands for `min`. */
  readonly names?: readonly string[];
}

const abbreviated = (names: readonly string[]) => names.map((name) => name.slice(0, 3));

/** Sunday is 0 and 7. https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules#cron_job_format */
const FIELDS: readonly FieldKind[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: abbreviated(MONTHS) },
  { name: "day of the week", min: 0, max: 7, names: abbreviated(WEEKDAYS) },
];

const EXAMPLE = 'for example "0 9 * * 1" for Mondays at 09:00';

/** Five fields; every fault of every field is reported. */
export function parseCron(text: string): CronSchedule | readonly ScheduleFault[] {
  const words = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: match.index }));
  if (words[0]?.text.startsWith("@"))
    return [{ message: `Google knows no macros such as ${words[0].text}; write five fields, ${EXAMPLE}`, offset: 0 }];
  if (words.length !== 5) {
    const seconds = words.length === 6 ? "; it has none for seconds" : "";
    const offset = words[5]?.offset ?? text.length;
    return [{ message: `unix cron has five fields, this has ${words.length}${seconds}; ${EXAMPLE}`, offset }];
  }
  const faults: ScheduleFault[] = [];
  const fields = words.map((word, index) => parseField(word, FIELDS[index]!, faults));
  if (faults.length > 0) return faults;
  const schedule: CronSchedule = { kind: "cron", fields: fields as unknown as CronSchedule["fields"] };
  if (!wallTimes(schedule, Date.UTC(2000, 0, 1)).next().done) return schedule;
  return [{ message: "no month it names has such a day, so it would never run", offset: words[2]!.offset }];
}

function parseField(word: { text: string; offset: number }, kind: FieldKind, faults: ScheduleFault[]): CronField {
  let offset = word.offset;
  return word.text.split(",").flatMap((part) => {
    const at = offset;
    offset += part.length + 1;
    const term = parseTerm(part, kind);
    if (typeof term !== "string") return [term];
    faults.push({ message: `${kind.name}: ${term}`, offset: at });
    return [];
  });
}

/** @returns the term, or what is wrong with it */
function parseTerm(text: string, kind: FieldKind): CronTerm | string {
  if (text === "") return "a value is missing beside a comma";
  const [, range = "", stepText] = /^([^/]*)(?:\/(.*))?$/.exec(text) ?? [];
  const step = stepText === undefined ? 1 : /^\d+$/.test(stepText) ? Number(stepText) : 0;
  const size = kind.max - kind.min + 1;
  if (step < 1 || step > size) return `the step "${stepText}" is not a number from 1 to ${size}`;
  if (range === "*") return { kind: "all", step };
  const ends = range.split("-");
  if (ends.length > 2) return `"${range}" is not a range`;
  const values = ends.map((end) => valueOf(end, kind));
  const wrong = values.findIndex((value) => value === undefined);
  if (wrong >= 0) return `"${ends[wrong]}" is not ${expected(kind)}`;
  const [from, to = from] = values as [number, number?];
  if (from > to) return `"${range}" ends before it begins; write two ranges with a comma between them`;
  if (stepText !== undefined && ends.length === 1) return `a step follows a range or an asterisk; write "*/${step}"`;
  // 7 alone is Sunday as well; within a range it stays the end of the week.
  if (kind.max === 7 && from === 7) return { kind: "range", from: 0, to: 0, step: 1 };
  return { kind: "range", from, to, step };
}

function valueOf(text: string, { min, max, names }: FieldKind): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return min + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : undefined;
}

const expected = ({ min, max, names }: FieldKind): string =>
  `a number from ${min} to ${max}${names ? `, or a name from ${names[0]!.toUpperCase()} to ${names.at(-1)!.toUpperCase()}` : ""}`;

/**
 * The schedule's times on the wall clock after one, ascending; a time of day is written as if it were UTC. croner's own
 * zones are not used: it moves what falls into a gap behind it and runs what comes twice once, and Google documents
 * neither, so that the zone is applied in one place for both forms of a schedule.
 */
export function* wallTimes(schedule: CronSchedule, afterWallMs: number): Generator<number, undefined> {
  const cron = new Cron(printSchedule(schedule), { mode: "5-part", utcOffset: 0, paused: true });
  for (let last = new Date(afterWallMs); ;) {
    const next = cron.nextRun(last);
    if (!next) return undefined;
    yield next.getTime();
    last = next;
  }
}
