import { type RestResponse, StatusError, jsonResponse } from "../../wire/rest";
import type { Call, Method } from "./call";
import { maskFields, parseFieldPath } from "./field-path";
import { checkId } from "./name";
import { decodeQuery, runQuery, sortKey } from "./query";
import { type Value, asMessage } from "./value";
import { type StoredDocument, decodeWrites, renderDocument } from "./write";

/** Page of `listDocuments` when none is asked for, and the largest; Google gives no numbers. */
const PAGE = { usual: 20, largest: 300 } as const;

const queryMask = (query: URLSearchParams, name: string) => {
  const paths = query.getAll(`${name}.fieldPaths`);
  return paths.length > 0 ? paths.map(parseFieldPath) : undefined;
};

/** `currentDocument.exists` and `currentDocument.updateTime` of the query string, as `Precondition` JSON. */
function queryPrecondition(query: URLSearchParams): Record<string, unknown> | undefined {
  const exists = query.get("currentDocument.exists");
  const updateTime = query.get("currentDocument.updateTime");
  if (exists === null && updateTime === null) return undefined;
  return { ...(exists !== null && { exists: exists === "true" }), ...(updateTime !== null && { updateTime }) };
}

/** Methods of a document, by HTTP method. */
export const DOCUMENT: Readonly<Record<string, Method>> = {
  GET(call) {
    const transaction = call.query.get("transaction") ?? undefined;
    const [document] = call.documents.read(call.database, [call.name], transaction).documents;
    if (!document) throw new StatusError("NOT_FOUND", `document not found: ${call.name}`);
    return rendered(call, document);
  },

  PATCH(call) {
    const { fields, name } = asMessage(call.body, "document", ["name", "fields", "createTime", "updateTime"]);
    if (name !== undefined && name !== call.name)
      throw new StatusError("INVALID_ARGUMENT", `the body names ${JSON.stringify(name)}, the path ${call.name}`);
    const paths = call.query.getAll("updateMask.fieldPaths");
    return write(call, {
      update: { name: call.name, fields },
      ...(paths.length > 0 && { updateMask: { fieldPaths: paths } }),
      currentDocument: queryPrecondition(call.query),
    });
  },

  DELETE(call) {
    const writes = [{ delete: call.name, currentDocument: queryPrecondition(call.query) }];
    call.documents.commit(call.database, decodeWrites(writes, call.database));
    return jsonResponse({});
  },
};

function write(call: Call, json: unknown): RestResponse {
  const { results } = call.documents.commit(call.database, decodeWrites([json], call.database));
  return rendered(call, results[0]!.document!);
}

const rendered = (call: Call, document: StoredDocument): RestResponse => {
  const mask = queryMask(call.query, "mask");
  return jsonResponse(renderDocument(document, mask && maskFields(document.fields, mask)));
};

/** Methods of a collection, by HTTP method. */
export const COLLECTION: Readonly<Record<string, Method>> = {
  POST(call) {
    const { fields } = asMessage(call.body, "document", ["name", "fields", "createTime", "updateTime"]);
    const given = call.query.get("documentId");
    if (given) checkId(given);
    const name = `${call.name}/${given || freeId(call)}`;
    return write(call, { update: { name, fields }, currentDocument: { exists: false } });
  },

  GET(call) {
    if (call.query.get("showMissing") === "true")
      throw new StatusError("UNIMPLEMENTED", "showMissing is not served by the local engine");
    const slash = call.name.lastIndexOf("/");
    const orderBy = listOrder(call.query.get("orderBy"));
    const query = decodeQuery({ from: [{ collectionId: call.name.slice(slash + 1) }], orderBy, ...cursor(call.query) });
    const found = call.documents.query(call.database, (all) => runQuery(all, call.name.slice(0, slash), query)).result;
    const size = pageSize(call.query.get("pageSize"));
    const mask = queryMask(call.query, "mask");
    const documents = found.slice(0, size).map((each) => renderDocument(each, mask && maskFields(each.fields, mask)));
    return jsonResponse({
      ...(documents.length > 0 && { documents }),
      ...(found.length > size && { nextPageToken: pageToken(sortKey(found[size - 1]!, query)) }),
    });
  },
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Twenty letters and digits, as Google's; drawn again while a document has them. */
function freeId({ documents, database, name, random }: Call): string {
  for (;;) {
    const id = Array.from({ length: 20 }, () => ALPHABET[random.below(ALPHABET.length)]).join("");
    if (!documents.read(database, [`${name}/${id}`]).documents[0]) return id;
  }
}

/** `priority desc, __name__ desc` → StructuredQuery.orderBy */
const listOrder = (text: string | null) =>
  (text ?? "")
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [fieldPath, direction = "asc"] = part.trim().split(/\s+/);
      return { field: { fieldPath }, direction: direction.toLowerCase() === "desc" ? "DESCENDING" : "ASCENDING" };
    });

function pageSize(text: string | null): number {
  const asked = Number(text ?? 0);
  if (!Number.isInteger(asked) || asked < 0)
    throw new StatusError("INVALID_ARGUMENT", "pageSize is a whole number ≥ 0");
  return asked === 0 ? PAGE.usual : Math.min(asked, PAGE.largest);
}

/** A token is the sort key of its page's last document, so that the next page is found though that one be deleted. */
const pageToken = (values: readonly Value[]): string => Buffer.from(JSON.stringify(values)).toString("base64url");

function cursor(query: URLSearchParams): { startAt?: { values: unknown } } {
  const token = query.get("pageToken");
  if (!token) return {};
  try {
    return { startAt: { values: JSON.parse(Buffer.from(token, "base64url").toString()) } };
  } catch {
    throw new StatusError("INVALID_ARGUMENT", "the page token is not one of this list");
  }
}
