/** `09:00`; hours 00–23. */
export type ClockTime = `${number}:${number}`;
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

const WEEKDAYS: readonly Weekday[] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** `"09:05"` → `"5 9"`; what is no time is left to the parser, which says where it is wrong. */
const cronTime = (at: string): string => {
  const [hour = "", minute = ""] = at.split(":");
  return `${minute.replace(/^0(?=\d)/, "")} ${hour.replace(/^0(?=\d)/, "")}`;
};

/** Schedules in unix cron, the form that Google recommends. Every text that Cloud Scheduler reads may be used instead. */
export const every = {
  /** Every n minutes of the hour; n divides 60. */
  minutes: (n: number): string => (n === 1 ? "* * * * *" : `*/${n} * * * *`),
  /** Every n hours of the day, at a minute; n divides 24. */
  hours: (n: number, minute = 0): string => (n === 1 ? `${minute} * * * *` : `${minute} */${n} * * *`),
  day: (at: ClockTime): string => `${cronTime(at)} * * *`,
  /** Monday to Friday. */
  workday: (at: ClockTime): string => `${cronTime(at)} * * 1-5`,
  week: (weekday: Weekday, at: ClockTime): string => `${cronTime(at)} * * ${WEEKDAYS.indexOf(weekday)}`,
  /** @param day 1–31; months without it have no run */
  month: (day: number, at: ClockTime): string => `${cronTime(at)} ${day} * *`,
} as const;
