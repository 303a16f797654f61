import { encodeFields } from "../firestore/values";
import type { Change, OutboxRow, RecordData } from "../store";

/** A statement and its parameters. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** Milliseconds since the Unix epoch of a timestamp, as a number that JavaScript holds exactly. */
const MS = (expression: string) => `floor(extract(epoch FROM ${expression}) * 1000)::float8`;
const RETURNING = `RETURNING version::text AS version, ${MS("updated_at")} AS "updatedMs"`;

/**
 * The write of a change as one statement, so that a claim or a completion takes one round trip: the record over the
 * version it must have, and what goes with it only if that happened. It returns one row, or none when a precondition
 * failed; a `create` whose document exists violates the primary key, which undoes all of it.
 *
 * A version is the id of the transaction that wrote it, unique for ever. Instants are the server's.
 */
export function commitStatement(schema: string, change: Change): Statement {
  const { key, expect, record, effects = [], addRows = [], removeRows = [] } = change;
  const values: unknown[] = [];
  const put = (value: unknown) => `$${values.push(value)}`;

  const stored = `pg_current_xact_id(), clock_timestamp(), ${instant(put(record.expireAtMs))}, ${put(JSON.stringify(record))}::json`;
  const written =
    expect === undefined
      ? `INSERT INTO ${schema}.records (key, version, updated_at, expire_at, record) VALUES (${put(key)}, ${stored})
         ON CONFLICT (key) DO NOTHING ${RETURNING}`
      : `UPDATE ${schema}.records SET (version, updated_at, expire_at, record) = ROW (${stored})
         WHERE key = ${put(key)} AND version = ${put(expect)}::xid8 ${RETURNING}`;
  const parts: string[] = [];
  const also = (text: string) => parts.push(text);
  const ifWritten = "EXISTS (SELECT FROM written)";

  for (const effect of effects) {
    const path = put(effect.path);
    if (effect.op === "delete") also(`DELETE FROM ${schema}.documents WHERE path = ${path} AND ${ifWritten}`);
    else
      also(
        `INSERT INTO ${schema}.documents (path, fields) SELECT ${path}, ${put(JSON.stringify(encodeFields(effect.data)))}::json WHERE ${ifWritten}` +
          (effect.op === "set" ? " ON CONFLICT (path) DO UPDATE SET fields = excluded.fields" : ""),
      );
  }
  for (const { id, topic, data, attributes, orderingKey, expireAtMs } of addRows)
    also(
      `INSERT INTO ${schema}.outbox (id, topic, data, attributes, ordering_key, expire_at)
       SELECT ${put(id)}, ${put(topic)}, ${put(data)}::bytea, ${put(JSON.stringify(attributes))}::json, ${put(orderingKey ?? null)}, ${instant(put(expireAtMs))}
       WHERE ${ifWritten} ON CONFLICT (id) DO NOTHING`,
    );
  if (removeRows.length > 0)
    also(`DELETE FROM ${schema}.outbox WHERE id = ANY (${put([...removeRows])}::text[]) AND ${ifWritten}`);

  if (parts.length === 0) return { text: written, values };
  const rest = parts.map((text, i) => `, part${i} AS (${text})`).join("");
  return { text: `WITH written AS (${written})${rest} SELECT * FROM written`, values };
}

const instant = (parameter: string) => `to_timestamp(${parameter}::float8 / 1000)`;

/** A record, if there is one, and the instant of the read by the server's clock. */
export const readStatement = (schema: string, key: string): Statement => ({
  text: `SELECT version::text AS version, record, ${MS("updated_at")} AS "updatedMs", ${MS("clock_timestamp()")} AS "readMs"
         FROM (SELECT) AS one LEFT JOIN ${schema}.records ON key = $1`,
  values: [key],
});

export interface ReadRow {
  readonly version: string | null;
  readonly record: RecordData;
  readonly updatedMs: number;
  readonly readMs: number;
}

export const rowsStatement = (schema: string, ids: readonly string[]): Statement => ({
  text: `SELECT id, topic, data, attributes, ordering_key AS "orderingKey", ${MS("expire_at")} AS "expireAtMs"
         FROM ${schema}.outbox JOIN unnest($1::text[]) WITH ORDINALITY AS wanted (id, place) USING (id) ORDER BY place`,
  values: [[...ids]],
});

export type FoundRow = Omit<OutboxRow, "orderingKey"> & { readonly orderingKey: string | null };

export const pendingStatement = (schema: string, limit: number, after: string): Statement => ({
  text: `SELECT id FROM ${schema}.outbox WHERE id > $1 ORDER BY id LIMIT $2`,
  values: [after, limit],
});

/** Deletes what has expired, records and rows alike, so many of each at most, and passes over what is being written. */
export const collectStatement = (schema: string, limit: number): Statement => ({
  text: `WITH old_records AS (
           DELETE FROM ${schema}.records WHERE key IN (
             SELECT key FROM ${schema}.records WHERE expire_at < clock_timestamp() ORDER BY expire_at LIMIT $1
             FOR UPDATE SKIP LOCKED) RETURNING 1),
         old_rows AS (
           DELETE FROM ${schema}.outbox WHERE id IN (
             SELECT id FROM ${schema}.outbox WHERE expire_at < clock_timestamp() ORDER BY expire_at LIMIT $1
             FOR UPDATE SKIP LOCKED) RETURNING 1)
         SELECT (SELECT count(*)::int FROM old_records) AS records, (SELECT count(*)::int FROM old_rows) AS rows`,
  values: [limit],
});
