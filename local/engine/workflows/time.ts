import { runtimeError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";
import { asNumber } from "./data";
import { asString } from "./text";

/** RFC 3339: date and time with an offset. */
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Seconds since the Unix epoch. @throws WorkflowError ValueError for another form and for dates that do not exist */
export function parseTime(value: Value | undefined): number {
  const text = asString(value, "value");
  const match = RFC_3339.exec(text);
  const [, year, month, day, hour, minute, second] = Array.from(match ?? [], Number);
  const seconds = match ? Date.UTC(year!, month! - 1, day, hour, minute, second) / 1_000 : Number.NaN;
  const exists =
    match && new Date(seconds * 1_000).getUTCDate() === day && month! <= 12 && minute! < 60 && second! < 60;
  if (!exists) throw runtimeError("ValueError", `${JSON.stringify(text)} is no RFC 3339 time`);
  const [, , , , , , , fraction, , sign, hours, minutes] = match;
  const offset = sign === undefined ? 0 : (Number(hours) * 3_600 + Number(minutes) * 60) * (sign === "-" ? -1 : 1);
  return seconds - offset + Number(fraction ?? 0);
}

/** RFC 3339 in a time zone of the IANA database; microseconds when there is a fraction. */
export function formatTime(value: Value | undefined, zone: Value | undefined): string {
  const seconds = Number(asNumber(value, "seconds"));
  const name = asString(zone ?? "UTC", "timezone");
  const whole = Math.floor(seconds);
  const date = new Date(whole * 1_000);
  if (Number.isNaN(date.getTime())) throw runtimeError("ValueError", "the time is out of range");
  const offset = offsetOf(date, name);
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -5);
  const micros = Math.round((seconds - whole) * 1_000_000);
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
  return `${local}${fraction}${offset === 0 ? "Z" : offsetText(offset)}`;
}

const offsetText = (minutes: number) => {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
};

/** Minutes that a zone is ahead of UTC at an instant. */
function offsetOf(date: Date, timeZone: string): number {
  try {
    const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(date);
    const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text);
    if (!match?.[1]) return 0;
    return (Number(match[2]) * 60 + Number(match[3])) * (match[1] === "-" ? -1 : 1);
  } catch (error) {
    if (error instanceof RangeError) throw runtimeError("ValueError", `unknown time zone ${timeZone}`);
    throw error;
  }
}
