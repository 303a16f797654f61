import { parseCron } from "./cron";
import type { Schedule, ScheduleFault } from "./syntax";
import { parseWords } from "./words";

export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly faults: readonly ScheduleFault[] };

/** Parses unix cron or the descriptive form; which of them it is, the first character and the number of words say. */
export function parseSchedule(text: string): ParsedSchedule {
  if (text.trim() === "") return { ok: false, faults: [{ message: "the schedule is empty", offset: 0 }] };
  const parsed = looksLikeCron(text) ? parseCron(text) : parseWords(text);
  return "kind" in parsed ? { ok: true, schedule: parsed } : { ok: false, faults: parsed };
}

/** Every fault found in the text; none for a schedule that Google accepts. */
export function checkSchedule(text: string): readonly ScheduleFault[] {
  const parsed = parseSchedule(text);
  return parsed.ok ? [] : parsed.faults;
}

/** A descriptive form starts with a letter, or with a day of the month or an ordinal and then a word or a comma. */
const looksLikeCron = (text: string): boolean => !/^\s*([a-z]|\d+(st|nd|rd|th)\b|\d+(\s*,\s*\d+)*\s+of\b)/i.test(text);
