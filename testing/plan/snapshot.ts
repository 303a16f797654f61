import type { Json } from "../../contract/json";
import type { PlannedResource } from "./resource";

export interface SnapshotOptions {
  /** Types to show. @default all */
  readonly types?: readonly string[];
  /** Arguments to leave out, by name, wherever they are. @default `depends_on` */
  readonly omit?: readonly string[];
}

/**
 * Resources as text: an address, then a line for each argument, all sorted. What changes with every edit of a source
 * file (hashes of archives and contracts) is redacted, so the text changes only when the plan does.
 */
export function snapshotOf(resources: readonly PlannedResource[], options: SnapshotOptions = {}): string {
  const { types, omit = ["depends_on"] } = options;
  const left = new Set(omit);
  return resources
    .filter(({ type }) => types === undefined || types.includes(type))
    .map(({ address, attributes }) => [address, ...linesOf("", attributes, left).sort()].join("\n  "))
    .join("\n")
    .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/-[0-9a-f]{16}\.(zip|cjs)\b/g, "-<hash>.$1");
}

function linesOf(path: string, value: Json, omit: ReadonlySet<string>): string[] {
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, inner]) =>
      omit.has(name) ? [] : linesOf(path === "" ? name : `${path}.${name}`, inner, omit),
    );
  return [`${path} = ${JSON.stringify(value)}`];
}
