import { type Duration, milliseconds } from "../language/duration";

/** Which dead letters a redrive takes, and how: what its job is told, and may be told otherwise for one execution. */
export interface RedriveChoice {
  /** Classes of the errors that parked them. @default any */
  readonly causes?: readonly string[];
  /** Keys of the events, as the contract derives them. @default any */
  readonly keys?: readonly string[];
  /** Parked at least so long ago. @default any age */
  readonly olderThan?: Duration;
  /** Parked at most so long ago. @default any age */
  readonly newerThan?: Duration;
  /** Also what Pub/Sub itself dead-lettered: that names no handler, so no other may share the topic. @default false */
  readonly unparked?: boolean;
  /** Deliveries a second, above 0. @default 10 */
  readonly rate?: number;
  /** Letters to look at, from 1. @default 1000 */
  readonly limit?: number;
  /** An event that was redriven so often is left alone, from 1. @default 3 */
  readonly maxRedrives?: number;
  /** Only counts. @default false */
  readonly dryRun?: boolean;
}

interface Field {
  readonly write: (value: never) => string;
  /** @returns undefined for what cannot be read */
  readonly read: (text: string) => unknown;
  /** For the person who has written something else. */
  readonly wanted: string;
}

const list: Field = {
  // A comma is what tells items apart, unless one of them has it.
  write: (items: readonly string[]) =>
    items.some((item) => /[,[]/.test(item) || item !== item.trim()) ? JSON.stringify(items) : items.join(","),
  read(text) {
    if (!text.startsWith("[")) return text.split(",").flatMap((item) => item.trim() || []);
    try {
      const items: unknown = JSON.parse(text);
      return Array.isArray(items) && items.every((item) => typeof item === "string") ? items : undefined;
    } catch {
      return undefined;
    }
  },
  wanted: "a list with commas, or a JSON array of strings",
};
const age: Field = {
  write: (value: string) => value,
  read(text) {
    try {
      return milliseconds(text) >= 0 ? text : undefined;
    } catch {
      return undefined;
    }
  },
  wanted: "a duration as 30s, 5m or 7d",
};
const flag: Field = {
  write: (value: boolean) => (value ? "1" : "0"),
  read: (text) => ({ 1: true, true: true, 0: false, false: false })[text],
  wanted: "1 or 0",
};
const whole: Field = {
  write: (value: number) => String(value),
  read: (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined),
  wanted: "a whole number from 1",
};
const above: Field = { ...whole, read: (text) => (Number(text) > 0 ? Number(text) : undefined), wanted: "above 0" };

/** Variables of a redrive job, by what they say. */
const FIELDS: Readonly<Record<keyof RedriveChoice, readonly [variable: string, field: Field]>> = {
  causes: ["MILLRACE_REDRIVE_CAUSES", list],
  keys: ["MILLRACE_REDRIVE_KEYS", list],
  olderThan: ["MILLRACE_REDRIVE_OLDER_THAN", age],
  newerThan: ["MILLRACE_REDRIVE_NEWER_THAN", age],
  unparked: ["MILLRACE_REDRIVE_UNPARKED", flag],
  rate: ["MILLRACE_REDRIVE_RATE", above],
  limit: ["MILLRACE_REDRIVE_LIMIT", whole],
  maxRedrives: ["MILLRACE_REDRIVE_MAX", whole],
  dryRun: ["MILLRACE_REDRIVE_DRY_RUN", flag],
};

/** The variables that tell a redrive job its choice: of the job, or over them of one execution. */
export function redriveVariables(choice: RedriveChoice): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(FIELDS).flatMap(([name, [variable, { write }]]) => {
      const value = choice[name as keyof RedriveChoice];
      return value === undefined ? [] : [[variable, write(value as never)]];
    }),
  );
}

/** Reads the variables; empty ones say nothing. @returns what cannot be read as well, in words */
export function readRedriveChoice(env: Readonly<Record<string, string | undefined>>): {
  readonly choice: RedriveChoice;
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  const read = Object.entries(FIELDS).flatMap(([name, [variable, field]]) => {
    const text = env[variable]?.trim();
    if (!text) return [];
    const value = field.read(text);
    if (value === undefined) faults.push(`${variable}="${text}" is not ${field.wanted}`);
    return [[name, value] as const];
  });
  return { choice: Object.fromEntries(read), faults };
}
