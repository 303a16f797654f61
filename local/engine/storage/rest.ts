import type { RestHandler, RestRequest, RestResponse } from "../../wire/rest";
import { GcsError, gcsErrorResponse, invalid, notServed } from "./errors";
import { changesOf, parseObject, preconditionsOf, settingsOf, withoutNulls } from "./requests";
import { bucketResource, objectResource } from "./resource";
import type { Storage } from "./storage";
import type { StoredObject } from "./types";
import { createUploads } from "./uploads";

/**
 * Where the JSON API is. Google's client for Node.js leaves `/storage/v1` out where STORAGE_EMULATOR_HOST is set.
 * https://cloud.google.com/storage/docs/json_api/v1
 */
export const STORAGE_PATHS = /^(\/upload|\/download)?(\/storage\/v1)?\/b(\/|$)/;

/** The objects of buckets over the JSON API: what Google's clients use. */
export function storageRest(storage: Storage): RestHandler {
  const uploads = createUploads(storage);
  return async (request) => {
    try {
      return answer(storage, uploads, request);
    } catch (error) {
      if (error instanceof GcsError) return gcsErrorResponse(error);
      throw error;
    }
  };
}

const json = (body: unknown): RestResponse => ({
  status: 200,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify(body),
});
const nothing: RestResponse = { status: 204, body: "" };

function answer(storage: Storage, uploads: ReturnType<typeof createUploads>, request: RestRequest): RestResponse {
  const { method, query } = request;
  const [, prefix, , rest = ""] = /^(\/upload|\/download)?(\/storage\/v1)?\/b\/?(.*)$/.exec(request.path)!;
  const [bucket = "", collection, name, ...more] = rest.split("/").map(decodeURIComponent);
  if (bucket === "") {
    if (method !== "GET") throw notServed("the creation of buckets: the plan makes them");
    return json({ kind: "storage#buckets", items: storage.buckets().map(bucketResource) });
  }
  if (collection === undefined) {
    if (method === "DELETE") {
      storage.deleteBucket(bucket);
      return nothing;
    }
    if (method !== "GET") throw notServed("changes of buckets: the plan makes them");
    return json(bucketResource(storage.bucket(bucket)));
  }
  if (collection !== "o") throw notServed(`${collection} of buckets`);
  if (prefix === "/upload") {
    const session = query.get("upload_id");
    if (session === null) return uploads.post(request, bucket);
    return method === "DELETE" ? uploads.cancel(session) : uploads.put(request, session);
  }
  if (name === undefined || name === "") {
    if (method !== "GET") throw notServed(`${method} of a list of objects`);
    return list(storage, bucket, query);
  }
  if (more.length > 0) return verb(storage, request, bucket, name, more);
  const generation = query.get("generation") ?? undefined;
  switch (method) {
    case "GET":
    case "HEAD":
      return get(storage, request, storage.get(bucket, name, generation), prefix === "/download");
    case "PATCH":
    case "PUT": {
      const { metadata, ...changes } = changesOf(parseObject(request.body));
      const before = storage.get(bucket, name, generation);
      // A patch merges metadata key by key, an update replaces it.
      const merged = metadata && withoutNulls({ ...(method === "PATCH" && before.metadata), ...metadata });
      const change = { ...changes, ...(metadata !== undefined && { metadata: merged ?? null }) };
      return json(objectResource(storage.update(bucket, name, change, preconditionsOf(query), generation)));
    }
    case "DELETE":
      storage.remove(bucket, name, preconditionsOf(query), generation);
      return nothing;
    default:
      throw notServed(`${method} of an object`);
  }
}

function list(storage: Storage, bucket: string, query: URLSearchParams): RestResponse {
  const text = (name: string) => query.get(name) ?? undefined;
  const glob = text("matchGlob");
  const { items, prefixes, nextPageToken } = storage.list(bucket, {
    prefix: text("prefix"),
    delimiter: text("delimiter"),
    startOffset: text("startOffset"),
    endOffset: text("endOffset"),
    pageToken: text("pageToken"),
    versions: query.get("versions") === "true",
    includeTrailingDelimiter: query.get("includeTrailingDelimiter") === "true",
    ...(glob !== undefined && { matchGlob: globExpression(glob) }),
    ...(query.has("maxResults") && { maxResults: Number(query.get("maxResults")) }),
  });
  return json({
    kind: "storage#objects",
    ...(items.length > 0 && { items: items.map(objectResource) }),
    ...(prefixes.length > 0 && { prefixes }),
    ...(nextPageToken !== undefined && { nextPageToken }),
  });
}

/** https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob */
function globExpression(glob: string): RegExp {
  const source = glob.replace(/\*\*|[*?]|\{[^{}]*\}|[.+^$()|[\]\\]/g, (token) => {
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.startsWith("{")) return `(?:${token.slice(1, -1).split(",").map(escaped).join("|")})`;
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`, "s");
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function get(storage: Storage, { method, query, headers }: RestRequest, object: StoredObject, download: boolean) {
  const when = preconditionsOf(query);
  if (when.generationNotMatch === object.generation) return { status: 304, body: "" };
  if (Object.keys(when).length > 0) storage.check(object.bucket, object.name, when);
  if (query.get("alt") !== "media" && !download) return json(objectResource(object));
  const bytes = storage.read(object);
  const shared = {
    "content-type": object.contentType ?? "application/octet-stream",
    ...(object.contentEncoding !== undefined && { "content-encoding": object.contentEncoding }),
    ...(object.cacheControl !== undefined && { "cache-control": object.cacheControl }),
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    "x-goog-generation": object.generation,
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-stored-content-encoding": object.contentEncoding ?? "identity",
    "x-goog-stored-content-length": String(object.size),
  };
  if (method === "HEAD") return { status: 200, headers: shared, body: "" };
  const range = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "");
  if (!range) return { status: 200, headers: shared, body: bytes };
  const [, from = "", to = ""] = range;
  const start = from === "" ? Math.max(0, bytes.length - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1);
  if (start > end) return { status: 416, headers: { "content-range": `bytes */${bytes.length}` }, body: "" };
  return {
    status: 206,
    headers: { ...shared, "content-range": `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end + 1),
  };
}

/** What is done with an object beside reading and changing it. */
function verb(
  storage: Storage,
  { method, query, body }: RestRequest,
  bucket: string,
  name: string,
  [what, ...path]: readonly string[],
): RestResponse {
  if (method !== "POST") throw notServed(`${method} of ${what} of an object`);
  const given = body.length === 0 ? {} : parseObject(body);
  if (what === "compose") {
    const sources = given["sourceObjects"];
    if (!Array.isArray(sources)) throw invalid("sourceObjects is no list");
    const parts = (sources as readonly { name: string; generation?: string }[]).map((one) =>
      storage.read(storage.get(bucket, one.name, one.generation)),
    );
    const settings = settingsOf((given["destination"] ?? {}) as Record<string, unknown>);
    return json(objectResource(storage.insert(bucket, name, Buffer.concat(parts), settings, preconditionsOf(query))));
  }
  const [, to, , target] = path;
  if ((what !== "rewriteTo" && what !== "copyTo") || to === undefined || target === undefined)
    throw notServed(`${what} of an object`);
  const source = storage.get(bucket, name, query.get("sourceGeneration") ?? undefined);
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, metadata } = source;
  const own = { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, metadata };
  const settings = { ...settingsOf(own), ...settingsOf(given) };
  const copy = storage.insert(to, target, storage.read(source), settings, preconditionsOf(query));
  if (what === "copyTo") return json(objectResource(copy));
  const size = String(copy.size);
  return json({
    kind: "storage#rewriteResponse",
    totalBytesRewritten: size,
    objectSize: size,
    done: true,
    resource: objectResource(copy),
  });
}
