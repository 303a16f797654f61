import {
  type RestHandler,
  type RestRequest,
  type RestResponse,
  StatusError,
  errorResponse,
  jsonResponse,
} from "../../wire/rest";
import { type Random, seededRandom } from "../random";
import type { Context } from "./call";
import type { Documents } from "./documents";
import { checkId, parseName } from "./name";
import { COLLECTION, DOCUMENT } from "./resources";
import { UNSUPPORTED, VERBS } from "./verbs";

export interface DocumentsRestOptions {
  /** For the ids of documents created without one. @default a stream of its own */
  readonly random?: Random;
  /** Whether a database is part of the plan. @default every database exists */
  readonly exists?: (database: string) => boolean;
}

/** https://cloud.google.com/firestore/quotas: maximum API request size. */
const MAX_REQUEST_BYTES = 10 * 1_048_576;

/**
 * The documents API of Firestore, `google.firestore.v1` as REST:
 * `/v1/projects/{p}/databases/{d}/documents…`, and the emulator's `DELETE /emulator/v1/…/documents`.
 * The caller's credentials are not looked at: on this machine everyone is the owner.
 */
export function documentsRest(documents: Documents, options: DocumentsRestOptions = {}): RestHandler {
  const context: Context = {
    documents,
    random: options.random ?? seededRandom("firestore"),
    exists: options.exists ?? (() => true),
  };
  return async (request) => {
    try {
      return route(context, request);
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      throw error;
    }
  };
}

const PATH = /^\/v1\/(projects\/[^/]+\/databases\/[^/]+\/documents(?:\/.*?)?)(?::([a-zA-Z]+))?$/s;
const CLEAR = /^\/emulator\/v1\/(projects\/[^/]+\/databases\/[^/]+)\/documents$/;

function route(context: Context, request: RestRequest): RestResponse {
  const cleared = request.method === "DELETE" ? CLEAR.exec(request.path) : null;
  if (cleared) {
    context.documents.clear(decode(cleared[1]!));
    return jsonResponse({});
  }
  const match = PATH.exec(request.path);
  if (!match)
    throw new StatusError("NOT_FOUND", `${request.path} is not under /v1/projects/{p}/databases/{d}/documents`);
  if (request.body.length > MAX_REQUEST_BYTES)
    throw new StatusError(
      "INVALID_ARGUMENT",
      `request of ${request.body.length} bytes, the limit is ${MAX_REQUEST_BYTES}`,
    );
  // A document's id may hold a colon; only POST has verbs, and there a name without one is a collection.
  const verb = request.method === "POST" ? match[2] : undefined;
  const name = decode(verb ? match[1]! : request.path.slice("/v1/".length));
  const { database, segments } = parseName(name);
  if (!context.exists(database)) throw new StatusError("NOT_FOUND", `the database ${database} is not in the plan`);
  const body = request.method === "POST" || request.method === "PATCH" ? parseBody(request.body) : undefined;
  const method = verb ? VERBS[verb] : segments.length % 2 === 0 ? DOCUMENT[request.method] : COLLECTION[request.method];
  if (verb && !method && UNSUPPORTED.includes(verb))
    throw new StatusError("UNIMPLEMENTED", `documents:${verb} is not served by the local engine`);
  if (!method || (segments.length === 0 && !verb))
    throw new StatusError("NOT_FOUND", `no method for ${request.method} ${request.path}`);
  return method({ ...context, database, name, query: request.query, body });
}

function decode(path: string): string {
  try {
    return path.split("/").map(decodeURIComponent).map(withoutSlash).join("/");
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError("INVALID_ARGUMENT", `${path} is not percent-encoded UTF-8`);
  }
}

/** `%2F` would split one id into two. */
function withoutSlash(segment: string): string {
  if (segment.includes("/")) checkId(segment);
  return segment;
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new StatusError("INVALID_ARGUMENT", "the body is not JSON");
  }
}
