/**
 * When a Cloud Scheduler job runs: unix cron, or App Engine's descriptive form.
 * https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
 * https://cloud.google.com/appengine/docs/standard/scheduling-jobs-with-cron-yaml#defining_the_cron_job_schedule
 */
export type Schedule = CronSchedule | DaysSchedule | IntervalSchedule;

/** `0 9 * * 1` */
export interface CronSchedule {
  readonly kind: "cron";
  /** Minute, hour, day of the month, month, day of the week. */
  readonly fields: readonly [CronField, CronField, CronField, CronField, CronField];
}

export type CronField = readonly CronTerm[];

/** From one value to another, both included, every `step`-th; `all` is an asterisk. Numbers only: names are read as theirs. */
export type CronTerm =
  | { readonly kind: "all"; readonly step: number }
  | { readonly kind: "range"; readonly from: number; readonly to: number; readonly step: number };

/** `1st,third monday of month 09:00`, `every day 00:00`, `1,15 of jan 12:00` */
export interface DaysSchedule {
  readonly kind: "days";
  readonly days: Weekdays | { readonly kind: "dates"; /** 1–31. */ readonly dates: readonly number[] };
  /** 1–12, ascending. */
  readonly months: readonly number[];
  readonly at: TimeOfDay;
}

export interface Weekdays {
  readonly kind: "weekdays";
  /** Which of the month's, 1–5, ascending; all five for every one. */
  readonly ordinals: readonly number[];
  /** 0 for Sunday to 6, ascending. */
  readonly weekdays: readonly number[];
}

/** `every 5 minutes`, `every 2 hours from 10:00 to 14:00`, `every 30 minutes synchronized` */
export interface IntervalSchedule {
  readonly kind: "interval";
  /** At least 1. */
  readonly minutes: number;
  /**
   * When of a day it runs, both included; over midnight when `to` is the earlier. Undefined: a run starts the interval
   * after the previous one has ended.
   */
  readonly window?: { readonly from: TimeOfDay; readonly to: TimeOfDay } | "synchronized";
}

/** Minutes since midnight, 0–1439. */
export type TimeOfDay = number;

/** What is wrong with the text of a schedule. */
export interface ScheduleFault {
  readonly message: string;
  /** UTF-16 code units from the start. */
  readonly offset: number;
}

export const DAY_MINUTES = 1_440;
export const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
export const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
] as const;
export const ORDINALS = ["1st", "2nd", "3rd", "4th", "5th"] as const;

/** Canonical text; parsing it gives the same schedule back. */
export function printSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case "cron":
      return schedule.fields.map((field) => field.map(printTerm).join(",")).join(" ");
    case "interval":
      return printInterval(schedule);
    default:
      return printDays(schedule);
  }
}

function printTerm(term: CronTerm): string {
  const step = term.step === 1 ? "" : `/${term.step}`;
  if (term.kind === "all") return `*${step}`;
  // A step needs a range before it, even one of a single value.
  return term.from === term.to && step === "" ? String(term.from) : `${term.from}-${term.to}${step}`;
}

function printInterval({ minutes, window }: IntervalSchedule): string {
  const every = minutes % 60 === 0 ? `every ${minutes / 60} hours` : `every ${minutes} minutes`;
  if (window === undefined) return every;
  return window === "synchronized"
    ? `${every} synchronized`
    : `${every} from ${printTime(window.from)} to ${printTime(window.to)}`;
}

function printDays({ days, months, at }: DaysSchedule): string {
  const of = months.length === 12 ? "month" : months.map((month) => MONTHS[month - 1]!).join(",");
  if (days.kind === "dates") return `${days.dates.join(",")} of ${of} ${printTime(at)}`;
  const ordinals = days.ordinals.length === 5 ? "every" : days.ordinals.map((n) => ORDINALS[n - 1]!).join(",");
  const weekdays = days.weekdays.length === 7 ? "day" : days.weekdays.map((day) => WEEKDAYS[day]!).join(",");
  return [ordinals, weekdays, ...(months.length === 12 ? [] : ["of", of]), printTime(at)].join(" ");
}

export const printTime = (at: TimeOfDay): string =>
  `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;

/** Whether the schedule names hours of the day, so that a change of the clocks can hit one of its runs. */
export function namesHours(schedule: Schedule): boolean {
  if (schedule.kind === "interval") return schedule.window !== undefined && schedule.window !== "synchronized";
  return schedule.kind === "days" || !schedule.fields[1].some(({ kind, step }) => kind === "all" && step === 1);
}
