import { StatusError } from "../../wire/rest";

/** Limits of https://cloud.google.com/firestore/quotas (collections, documents, and fields). */
const MAX_ID_BYTES = 1_500;
const MAX_NAME_BYTES = 6_144;
const MAX_DEPTH = 100;

/** A document or collection, apart: `projects/{p}/databases/{d}` and the path under `/documents/`. */
export interface ParsedName {
  /** `projects/{project}/databases/{database}` */
  readonly database: string;
  /** Collection and document ids in turn. */
  readonly segments: readonly string[];
}

const NAME = /^(projects\/[^/]+\/databases\/[^/]+)\/documents(?:\/(.*))?$/s;

/** @throws StatusError INVALID_ARGUMENT when the name is malformed or an id breaks Firestore's rules */
export function parseName(name: unknown): ParsedName {
  const match = typeof name === "string" ? NAME.exec(name) : null;
  if (!match)
    throw new StatusError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(name)} is not projects/{project}/databases/{database}/documents/{path}`,
    );
  const segments = match[2] === undefined ? [] : match[2].split("/");
  for (const id of segments) checkId(id);
  if (segments.length > 2 * MAX_DEPTH)
    throw new StatusError("INVALID_ARGUMENT", `document names nest at most ${MAX_DEPTH} collections`);
  if (Buffer.byteLength(match[2] ?? "") > MAX_NAME_BYTES)
    throw new StatusError("INVALID_ARGUMENT", `document names are at most ${MAX_NAME_BYTES} bytes long`);
  return { database: match[1]!, segments };
}

/** @throws StatusError INVALID_ARGUMENT unless `name` is a document of `database` */
export function parseDocumentName(name: unknown, database: string): ParsedName {
  const parsed = parseName(name);
  if (parsed.segments.length === 0 || parsed.segments.length % 2 !== 0)
    throw new StatusError("INVALID_ARGUMENT", `${JSON.stringify(name)} is not the name of a document`);
  if (parsed.database !== database)
    throw new StatusError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(name)} is not in the database of the request, ${database}`,
    );
  return parsed;
}

/** @throws StatusError INVALID_ARGUMENT when `id` may not name a document or collection */
export function checkId(id: string): void {
  const fault =
    id === ""
      ? "is empty"
      : id.includes("/")
        ? 'contains "/"'
        : id === "." || id === ".."
          ? 'is "." or ".."'
          : /^__.*__$/s.test(id)
            ? "is reserved"
            : Buffer.byteLength(id) > MAX_ID_BYTES
              ? `is longer than ${MAX_ID_BYTES} bytes`
              : undefined;
  if (fault) throw new StatusError("INVALID_ARGUMENT", `resource id ${JSON.stringify(id)} ${fault}`);
}

/** Order of `__name__`: segment by segment, by UTF-8 bytes. */
export function compareNames(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareUtf8(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** JavaScript compares UTF-16 units, Firestore UTF-8 bytes; they differ beyond the Basic Multilingual Plane. */
export const compareUtf8 = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
