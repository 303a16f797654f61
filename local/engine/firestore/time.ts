import { StatusError } from "../../wire/rest";

/** An instant of a database: microseconds since the Unix epoch, the resolution Firestore keeps. */
export type Micros = number;

/** RFC 3339 with as many digits as the instant needs: none, three or six, as Google's JSON has them. */
export function formatMicros(micros: Micros): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  const whole = new Date(seconds * 1_000).toISOString().slice(0, 19);
  if (rest === 0) return `${whole}Z`;
  const digits = String(rest).padStart(6, "0");
  return `${whole}.${digits.endsWith("000") ? digits.slice(0, 3) : digits}Z`;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads RFC 3339; what is finer than a microsecond is cut off, as Firestore does
 * (https://firebase.google.com/docs/firestore/manage-data/data-types).
 * @throws StatusError INVALID_ARGUMENT when the text is no such time between the years 1 and 9999
 */
export function parseMicros(text: unknown, where: string): Micros {
  const match = typeof text === "string" ? RFC3339.exec(text) : null;
  const ms = match ? Date.parse(`${match[1]}T${match[2]}${match[4]!.toUpperCase()}`) : Number.NaN;
  if (!match || Number.isNaN(ms) || match[1]! < "0001")
    throw new StatusError("INVALID_ARGUMENT", `${where}: ${JSON.stringify(text)} is not an RFC 3339 time`);
  return ms * 1_000 + Number((match[3] ?? "").slice(0, 6).padEnd(6, "0"));
}
