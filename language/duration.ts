/**
 * Durations. One type for the whole project: a whole number of milliseconds, written by people as
 * `"30s"`, `"10m"`, `"7d"` or `"250ms"`, and by Google's APIs as `"604800s"`.
 */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration.
 * @throws RangeError when the text is not a non-negative number followed by `ms`, `s`, `m`, `h` or `d`.
 */
export function milliseconds(duration: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration);
  if (!match) throw new RangeError(`"${duration}" is not a duration; write for example "30s", "10m", "7d" or "250ms"`);
  return Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
}

/** Seconds of a duration, possibly fractional. */
export function seconds(duration: string): number {
  return milliseconds(duration) / 1_000;
}

/** The form Google's APIs and Terraform use: seconds with an `s`, no trailing zeros. */
export function toGoogleDuration(ms: number): string {
  return `${Number((ms / 1_000).toFixed(9))}s`;
}

/** Shortest form for people: `604800000` → `"7d"`, `90000` → `"90s"`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"] as const) if (ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  return `${ms}ms`;
}
