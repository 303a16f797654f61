import { isObjectValue, type ObjectValue, type Value } from "./value";

/** In which way two values of an argument may differ and mean the same, so that the provider plans no change. */
export type Sameness = keyof typeof SAME;

type Compare = (before: string, now: string) => boolean;

const lastSegment = (text: string): string => text.slice(text.lastIndexOf("/") + 1);
const fromProject = (text: string): string => text.slice(Math.max(0, text.indexOf("projects/")));

/** Compared as text, what is not there as the empty one. */
const SAME = {
  /** A template that Google has taken from the bucket of the region, which has the region at the end of its name. */
  dataflowTemplate: (before, now) => before.replace(/^(gs:\/\/[^/]*?)-[a-z]+-[a-z]+\d+\//, "$1/") === now,
  duration: sameDuration,
  /** A key for the version of it that Google has used. */
  keyVersion: (before, now) => before.split("/cryptoKeyVersions")[0] === now,
  /** With or without the slash at the end. */
  lastSlash: (before, now) => before.replace(/\/$/, "") === now.replace(/\/$/, ""),
  /** In capitals or not. */
  letterCase: (before, now) => before.toLowerCase() === now.toLowerCase(),
  /** A duration, none being left out. */
  limit: (before, now) => (before === "" && now === "0s") || sameDuration(before, now),
  /** A name, however much stands before it. */
  name: (before, now) => lastSegment(before) === lastSegment(now),
  /** A name for the path or URL that ends in it, or a path for the URL that ends in it. */
  reference: (before, now) =>
    now.includes("/") ? fromProject(before) === fromProject(now) : lastSegment(before) === now,
  /** With or without blanks around it. */
  surroundingBlanks: (before, now) => before.trim() === now.trim(),
} as const satisfies Readonly<Record<string, Compare>>;

export const meansTheSame = (sameness: Sameness, before: Value, now: Value): boolean =>
  (typeof before === "string" || before === null) && typeof now === "string" && SAME[sameness](before ?? "", now);

/** Whether two maps are equal but for keys that Google adds. */
export function sameButFor(ignored: readonly string[], before: Value, now: Value): boolean {
  if (!isObjectValue(before) || !isObjectValue(now)) return false;
  const without = (map: ObjectValue) =>
    JSON.stringify(
      Object.entries(map)
        .filter(([name]) => !ignored.includes(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return Object.values(now).every((value) => typeof value === "string") && without(before) === without(now);
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

function sameDuration(before: string, now: string): boolean {
  const [a, b] = [nanoseconds(before), nanoseconds(now)];
  return a !== undefined && a === b;
}

/** A duration as Go writes it: `1h30m`, `300.5s`. */
function nanoseconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Math.round(Number(number) * NANOSECONDS[unit!]!), 0);
}
