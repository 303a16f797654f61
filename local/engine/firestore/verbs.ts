import { StatusError, jsonResponse } from "../../wire/rest";
import type { Call, Method } from "./call";
import { maskFields } from "./field-path";
import { parseDocumentName } from "./name";
import { decodeQuery, runQuery, selectFields } from "./query";
import { formatMicros } from "./time";
import { asList, asMessage, optionalText } from "./value";
import { decodeMask, decodeWrites, renderDocument } from "./write";

/** Verbs of firestore.proto that a caller may expect and this engine does not have. */
export const UNSUPPORTED = [
  "batchWrite",
  "runAggregationQuery",
  "partitionQuery",
  "listen",
  "write",
  "executePipeline",
];

const TRANSACTION_KEYS = ["transaction", "newTransaction", "readTime"];

/** The transaction a read takes part in: named, or begun by the read itself. */
function transactionOf(call: Call, body: Record<string, unknown>): { id?: string; begun: boolean } {
  if (body.readTime !== undefined) throw new StatusError("UNIMPLEMENTED", "the local engine reads no past versions");
  if (body.newTransaction !== undefined) return { id: begin(call, body.newTransaction), begun: true };
  const id = optionalText(body.transaction, "transaction");
  return { ...(id !== undefined && { id }), begun: false };
}

function begin({ documents, database }: Call, json: unknown): string {
  const options = asMessage(json ?? {}, "options", ["readOnly", "readWrite"]);
  if (options.readOnly !== undefined) asMessage(options.readOnly, "options.readOnly", []);
  return documents.begin(database, options.readOnly !== undefined);
}

/** Custom methods: `POST …/documents[/{path}]:{verb}`. */
export const VERBS: Readonly<Record<string, Method>> = {
  commit(call) {
    const body = asMessage(call.body, "request", ["writes", "transaction"]);
    const writes = decodeWrites(body.writes, call.database);
    const transaction = optionalText(body.transaction, "transaction");
    const { commitTime, results } = call.documents.commit(call.database, writes, transaction);
    const writeResults = results.map(({ document, transformResults }) => ({
      ...(document && { updateTime: formatMicros(document.updateTime) }),
      ...(transformResults.length > 0 && { transformResults }),
    }));
    return jsonResponse({ ...(writeResults.length > 0 && { writeResults }), commitTime: formatMicros(commitTime) });
  },

  batchGet(call) {
    const body = asMessage(call.body, "request", ["documents", "mask", ...TRANSACTION_KEYS]);
    const names = asList(body.documents, "documents").map((name) => {
      parseDocumentName(name, call.database);
      return name as string;
    });
    const mask = body.mask === undefined ? undefined : decodeMask(body.mask, "mask");
    const { id, begun } = transactionOf(call, body);
    const { readTime, documents } = call.documents.read(call.database, names, id);
    const at = formatMicros(readTime);
    const answers = names.map((name, i) => {
      const document = documents[i];
      if (!document) return { missing: name, readTime: at };
      return { found: renderDocument(document, mask && maskFields(document.fields, mask)), readTime: at };
    });
    return jsonResponse([...(begun ? [{ transaction: id }] : []), ...answers]);
  },

  runQuery(call) {
    const body = asMessage(call.body, "request", ["structuredQuery", "explainOptions", ...TRANSACTION_KEYS]);
    const query = decodeQuery(body.structuredQuery);
    const { id, begun } = transactionOf(call, body);
    const { readTime, result } = call.documents.query(call.database, (all) => runQuery(all, call.name, query), id);
    const at = formatMicros(readTime);
    const answers: object[] = result.map((found, i) => ({
      document: renderDocument(found, selectFields(found, query)),
      readTime: at,
      ...(i === result.length - 1 && { done: true }),
    }));
    if (answers.length === 0) answers.push({ readTime: at, done: true });
    return jsonResponse([...(begun ? [{ transaction: id }] : []), ...answers]);
  },

  beginTransaction: (call) =>
    jsonResponse({ transaction: begin(call, asMessage(call.body, "request", ["options"]).options) }),

  rollback(call) {
    const { transaction } = asMessage(call.body, "request", ["transaction"]);
    call.documents.rollback(call.database, optionalText(transaction, "transaction") ?? "");
    return jsonResponse({});
  },

  listCollectionIds(call) {
    const { result } = call.documents.query(call.database, (all) => all.collectionIds(call.name));
    return jsonResponse(result.length > 0 ? { collectionIds: result } : {});
  },
};
