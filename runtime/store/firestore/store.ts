import { OUTBOX_COLLECTION, RECORDS_COLLECTION } from "../../../contract/store";
import type { Effect, Store } from "../store";
import { recordFields, recordOf, rowFields, rowOf } from "./documents";
import { firestoreRest, type RestOptions, type RestWrite } from "./rest";
import { decodeFields, encodeFields } from "./values";

/**
 * Records as Firestore documents. The `updateTime` that each write returns is the fence of the next one, so fencing
 * costs no read and no transaction; leases are judged by `updateTime` and `readTime`, never by an instance's clock.
 */
export function createFirestoreStore(options: RestOptions): Store {
  const rest = firestoreRest(options);
  const root = `${options.database}/documents`;
  const recordName = (key: string) => `${root}/${RECORDS_COLLECTION}/${key}`;
  const rowName = (id: string) => `${root}/${OUTBOX_COLLECTION}/${id}`;

  const toWrite = (effect: Effect): RestWrite => {
    const name = `${root}/${effect.path}`;
    if (effect.op === "delete") return { delete: name };
    const update = { name, fields: encodeFields(effect.data) };
    return effect.op === "create" ? { update, currentDocument: { exists: false } } : { update };
  };

  return {
    kind: "firestore",
    async read(key) {
      const [answer] = await rest.batchGet([recordName(key)]);
      const readMs = Date.parse(answer!.readTime);
      if (!answer!.found) return { readMs };
      const { fields = {}, updateTime } = answer!.found;
      const record = recordOf(decodeFields(fields));
      return { readMs, stored: { record, version: updateTime, updatedMs: Date.parse(updateTime) } };
    },
    async commit({ key, expect, record, effects = [], addRows = [], removeRows = [] }) {
      const times = await rest.commit([
        {
          update: { name: recordName(key), fields: encodeFields(recordFields(record)) },
          currentDocument: expect === undefined ? { exists: false } : { updateTime: expect },
        },
        ...effects.map(toWrite),
        ...addRows.map((row) => ({ update: { name: rowName(row.id), fields: encodeFields(rowFields(row)) } })),
        ...removeRows.map((id) => ({ delete: rowName(id) })),
      ]);
      if (!times) return { applied: false };
      return { applied: true, version: times[0]!, updatedMs: Date.parse(times[0]!) };
    },
    async rows(ids) {
      if (ids.length === 0) return [];
      const found = new Map(
        (await rest.batchGet(ids.map(rowName))).flatMap(({ found: document }) =>
          document ? [[document.name, document] as const] : [],
        ),
      );
      // Answers come in any order.
      return ids.flatMap((id) => {
        const document = found.get(rowName(id));
        return document ? [rowOf(id, decodeFields(document.fields ?? {}))] : [];
      });
    },
    async pending(limit, after) {
      const names = await rest.names(OUTBOX_COLLECTION, limit, after && rowName(after));
      return names.map((name) => name.slice(rowName("").length));
    },
  };
}
