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
  const text = resources
    .filter(({ type }) => types === undefined || types.includes(type))
    .map(({ address, attributes }) => [address, ...linesOf("", attributes, left).sort()].join("\n  "))
    .join("\n");
  return redacted(text);
}

/** What changes with every edit of a source file. */
export const redacted = (text: string): string =>
  text.replace(/\b[0-9a-f]{64}\b/g, "<sha256>").replace(/-[0-9a-f]{16}\.(zip|cjs)\b/g, "-<hash>.$1");

/**
 * A line for each value at the end of a path.
 * @param shown what is to stand there instead, if anything
 */
export function linesOf(
  path: string,
  value: Json,
  omit: ReadonlySet<string>,
  shown: (path: string, value: Json) => string | undefined = () => undefined,
): string[] {
  const instead = shown(path, value);
  if (instead !== undefined) return [instead];
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, inner]) =>
      omit.has(name) ? [] : linesOf(path === "" ? name : `${path}.${name}`, inner, omit, shown),
    );
  return [`${path} = ${JSON.stringify(value)}`];
}
