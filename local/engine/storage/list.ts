import type { StoredObject } from "./types";

export interface ListOptions {
  readonly prefix?: string;
  /** Names beyond it are folded into `prefixes`. */
  readonly delimiter?: string;
  readonly includeTrailingDelimiter?: boolean;
  readonly startOffset?: string;
  readonly endOffset?: string;
  /** Noncurrent versions too. */
  readonly versions?: boolean;
  readonly matchGlob?: RegExp;
  /** @default 1000 */
  readonly maxResults?: number;
  readonly pageToken?: string;
}

export interface Listing {
  readonly items: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly nextPageToken?: string;
}

const MOST = 1_000;

/** Objects in the order of their names' bytes. https://cloud.google.com/storage/docs/json_api/v1/objects/list */
export function listObjects(all: readonly StoredObject[], options: ListOptions): Listing {
  const { prefix = "", delimiter, startOffset, endOffset, versions = false, matchGlob } = options;
  const wanted = all
    .filter(({ name, deletedMs }) => name.startsWith(prefix) && (versions || deletedMs === undefined))
    .filter(({ name }) => (startOffset === undefined || name >= startOffset) && (!endOffset || name < endOffset))
    .filter(({ name }) => matchGlob === undefined || matchGlob.test(name))
    .sort((a, b) => compare(a.name, b.name) || compare(a.generation.padStart(20, "0"), b.generation.padStart(20, "0")));

  /** Where a name is folded: behind the first delimiter after the prefix. */
  const folded = ({ name }: StoredObject): string | undefined => {
    const at = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    return at < 0 ? undefined : name.slice(0, at + delimiter!.length);
  };
  const lines = new Map<string, StoredObject | undefined>();
  for (const object of wanted) {
    const fold = folded(object);
    if (fold !== undefined) lines.set(`${fold}\n`, undefined);
    if (fold === undefined || (options.includeTrailingDelimiter && fold === object.name))
      lines.set(`${object.name}\n${object.generation}`, object);
  }
  const after = options.pageToken && Buffer.from(options.pageToken, "base64url").toString();
  const rest = [...lines].filter(([key]) => !after || compare(key, after) > 0);
  const page = rest.slice(0, Math.min(MOST, options.maxResults ?? MOST));
  const last = page.at(-1)?.[0];
  return {
    items: page.flatMap(([, object]) => object ?? []),
    prefixes: page.flatMap(([key, object]) => (object ? [] : [key.slice(0, -1)])),
    ...(rest.length > page.length && last !== undefined && { nextPageToken: Buffer.from(last).toString("base64url") }),
  };
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
