import { randomUUID } from "node:crypto";
import type { RestRequest, RestResponse } from "../../wire/rest";
import { crc32c } from "./crc32c";
import { GcsError, invalid } from "./errors";
import { parseObject, preconditionsOf, settingsOf } from "./requests";
import { objectResource } from "./resource";
import type { Storage } from "./storage";
import type { ObjectSettings, Preconditions, StoredObject } from "./types";

/** An upload that goes on over several requests. https://cloud.google.com/storage/docs/resumable-uploads */
interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly settings: ObjectSettings;
  readonly when: Preconditions;
  readonly chunks: Buffer[];
  received: number;
  finished?: StoredObject;
}

/** The three ways of uploading an object. */
export interface Uploads {
  post(request: RestRequest, bucket: string): RestResponse;
  put(request: RestRequest, sessionId: string): RestResponse;
  cancel(sessionId: string): RestResponse;
}

const json = (object: StoredObject): RestResponse => ({
  status: 200,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify(objectResource(object)),
});

export function createUploads(storage: Storage): Uploads {
  const sessions = new Map<string, Session>();

  const begin = (request: RestRequest, bucket: string): RestResponse => {
    const { headers, query, body } = request;
    const metadata = body.length === 0 ? {} : parseObject(body);
    const name = nameOf(query, metadata);
    const contentType = headers["x-upload-content-type"];
    const settings = {
      ...(typeof contentType === "string" && { contentType }),
      ...settingsOf(metadata),
    };
    const when = preconditionsOf(query);
    // What could not be written is refused before anything is sent.
    storage.check(bucket, name, when);
    const id = randomUUID();
    sessions.set(id, { bucket, name, settings, when, chunks: [], received: 0 });
    const location = `http://${headers.host}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`;
    return { status: 200, headers: { location, "x-guploader-uploadid": id }, body: "" };
  };

  const progress = ({ received }: Session): RestResponse => ({
    // "Resume Incomplete", which HTTP calls otherwise.
    status: 308,
    headers: received > 0 ? { range: `bytes=0-${received - 1}` } : {},
    body: "",
  });

  return {
    post(request, bucket) {
      const { query, headers, body } = request;
      const type = query.get("uploadType") ?? "media";
      if (type === "resumable") return begin(request, bucket);
      if (type === "multipart") {
        const { metadata, media, contentType } = splitMultipart(String(headers["content-type"]), body);
        const settings = { ...(contentType !== undefined && { contentType }), ...settingsOf(metadata) };
        verify(metadata, media);
        return json(storage.insert(bucket, nameOf(query, metadata), media, settings, preconditionsOf(query)));
      }
      if (type !== "media") throw invalid(`unknown uploadType "${type}"`);
      const contentType = headers["content-type"];
      const settings = { ...(contentType !== undefined && { contentType }) };
      return json(storage.insert(bucket, nameOf(query, {}), body, settings, preconditionsOf(query)));
    },

    put({ headers, body }, sessionId) {
      const session = sessions.get(sessionId);
      if (!session) throw new GcsError(410, "gone", "the upload session is unknown, or was cancelled");
      if (session.finished) return json(session.finished);
      const range = headers["content-range"] ?? `bytes 0-${Math.max(0, body.length - 1)}/${body.length}`;
      const [, from, , total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(range) ?? [];
      if (total === undefined) throw invalid(`the Content-Range "${range}" cannot be read`);
      if (from !== undefined) {
        const start = Number(from);
        if (start > session.received) return progress(session);
        // What is sent again was taken the first time.
        const fresh = body.subarray(session.received - start);
        session.chunks.push(fresh);
        session.received += fresh.length;
      }
      // A client that does not know the total has sent the last byte when its request ends.
      const open = range.includes("-*/*");
      if (!open && (total === "*" || session.received < Number(total))) return progress(session);
      const bytes = Buffer.concat(session.chunks);
      verify(hashesOf(headers["x-goog-hash"]), bytes);
      session.finished = storage.insert(session.bucket, session.name, bytes, session.settings, session.when);
      session.chunks.length = 0;
      return json(session.finished);
    },

    cancel(sessionId) {
      sessions.delete(sessionId);
      return { status: 499, body: "" };
    },
  };
}

function nameOf(query: URLSearchParams, metadata: Readonly<Record<string, unknown>>): string {
  const name = query.get("name") ?? metadata["name"];
  if (typeof name !== "string" || name === "") throw invalid("the object has no name");
  // https://cloud.google.com/storage/docs/objects#naming
  if (Buffer.byteLength(name) > 1_024) throw invalid("an object's name is at most 1024 bytes long");
  if (name === "." || name === ".." || /[\r\n]/.test(name)) throw invalid(`"${name}" cannot be an object's name`);
  return name;
}

/** Refuses bytes that are not those the client has in mind. */
function verify(expected: Readonly<Record<string, unknown>>, bytes: Buffer): void {
  const { crc32c: checksum } = expected;
  if (typeof checksum === "string" && checksum !== crc32c(bytes))
    throw invalid(`Provided CRC32C "${checksum}" doesn't match calculated CRC32C "${crc32c(bytes)}".`);
}

/** `crc32c=…,md5=…` */
function hashesOf(header: string | string[] | undefined): Record<string, string> {
  const parts = String(header ?? "").split(",");
  return Object.fromEntries(
    parts.flatMap((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1)]];
    }),
  );
}

/** Settings as JSON, then the bytes. https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects */
function splitMultipart(contentType: string, body: Buffer) {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2]?.trim();
  if (!mark) throw invalid("the multipart upload names no boundary");
  const parts: { readonly headers: string; readonly content: Buffer }[] = [];
  const delimiter = Buffer.from(`--${mark}`);
  for (let at = body.indexOf(delimiter); at >= 0;) {
    const next = body.indexOf(delimiter, at + delimiter.length);
    if (next < 0) break;
    const part = body.subarray(at + delimiter.length, next);
    const headersEnd = part.indexOf("\r\n\r\n");
    const skip = headersEnd >= 0 ? 4 : 2;
    const end = headersEnd >= 0 ? headersEnd : part.indexOf("\n\n");
    if (end < 0) throw invalid("a part of the multipart upload has no end of its headers");
    const content = part.subarray(end + skip);
    const trailing = content.subarray(-2).equals(Buffer.from("\r\n")) ? 2 : content.at(-1) === 10 ? 1 : 0;
    parts.push({
      headers: part.subarray(0, end).toString(),
      content: content.subarray(0, content.length - trailing),
    });
    at = next;
  }
  const [first, second] = parts;
  if (!first || !second) throw invalid("a multipart upload has two parts: settings and bytes");
  const type = /^content-type:\s*(.+?)\s*$/im.exec(second.headers)?.[1];
  return { metadata: parseObject(first.content), media: Buffer.from(second.content), contentType: type };
}
