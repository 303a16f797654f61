const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the tz database that Node.js ships knows the zone; abbreviations and offsets are no zones. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone)) return false;
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at an instant, written as if it were UTC, milliseconds. */
export function toWall(instantMs: number, zone: string): number {
  return instantMs + offset(instantMs, zone);
}

/** What the clocks of a zone show at an instant, with how far they are from UTC: `2026-11-30T09:00:00+01:00`. */
export function formatInZone(instantMs: number, zone: string): string {
  const minutes = Math.round(offset(instantMs, zone) / MINUTE_MS);
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const far = [hours, rest].map((part) => String(part).padStart(2, "0")).join(":");
  return `${new Date(toWall(instantMs, zone)).toISOString().slice(0, 19)}${minutes < 0 ? "-" : "+"}${far}`;
}

/** The instants at which the clocks of a zone show a time: none in a gap, two in an overlap; ascending. */
export function instantsOf(wallMs: number, zone: string): readonly number[] {
  // No zone changes its clocks twice within two days, so the offsets before and after are all there can be.
  const offsets = new Set([-25, 25].map((hours) => offset(wallMs + hours * HOUR_MS, zone)));
  return [...offsets]
    .map((one) => wallMs - one)
    .filter((instant) => toWall(instant, zone) === wallMs)
    .sort((a, b) => a - b);
}

/** No instant that shows this wall time or a later one is earlier. */
export const earliest = (wallMs: number, zone: string): number =>
  wallMs - Math.max(...[-25, 25].map((hours) => offset(wallMs + hours * HOUR_MS, zone)));

function offset(instantMs: number, zone: string): number {
  const whole = Math.floor(instantMs / 1_000) * 1_000;
  const part: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(whole)) part[type] = Number(value);
  const { year, month, day, hour, minute, second } = part;
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - whole;
}

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, made);
  return made;
}
