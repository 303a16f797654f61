import type { CommitReply, OutboxRow, Store } from "../store";
import { type PostgresClient, postgresFailure, sqlState, UNIQUE_VIOLATION } from "./client";
import { checkSchema } from "./schema";
import {
  collectStatement,
  commitStatement,
  type FoundRow,
  pendingStatement,
  type ReadRow,
  readStatement,
  rowsStatement,
  type Statement,
} from "./statements";

/** Rows that a collection has deleted. */
export interface Collected {
  readonly records: number;
  readonly rows: number;
}

export interface SqlStore extends Required<Omit<Store, "fault" | "within">> {
  /** Deletes what has expired, at most so many of each kind. */
  collect(limit: number): Promise<Collected>;
}

/** Records as rows. Every operation is one statement, and with it one transaction and one round trip. */
export function createPostgresStore(connected: () => Promise<PostgresClient>, schemaName: string): SqlStore {
  const schema = checkSchema(schemaName);
  const ask = async <Row>({ text, values }: Statement): Promise<readonly Row[]> => {
    try {
      return (await (await connected()).query(text, values)).rows as readonly Row[];
    } catch (error) {
      throw postgresFailure(error, schema);
    }
  };
  return {
    kind: "postgres",
    async read(key) {
      const [row] = await ask<ReadRow>(readStatement(schema, key));
      const { version, record, updatedMs, readMs } = row!;
      return version === null ? { readMs } : { readMs, stored: { record, version, updatedMs } };
    },
    async commit(change) {
      try {
        return replyOf(await ask(commitStatement(schema, change)));
      } catch (error) {
        // Nothing but a document that `create` found there: records and rows are written with ON CONFLICT.
        if (sqlState((error as Error).cause) === UNIQUE_VIOLATION) return { applied: false };
        throw error;
      }
    },
    async rows(ids) {
      if (ids.length === 0) return [];
      return (await ask<FoundRow>(rowsStatement(schema, ids))).map(({ orderingKey, ...row }): OutboxRow => ({
        ...row,
        ...(orderingKey !== null && { orderingKey }),
      }));
    },
    async pending(limit, after = "") {
      return (await ask<{ readonly id: string }>(pendingStatement(schema, limit, after))).map(({ id }) => id);
    },
    async collect(limit) {
      const [counts] = await ask<Collected>(collectStatement(schema, limit));
      return counts!;
    },
  };
}

/** A row of the statement that commits, or none. */
export function replyOf(rows: readonly unknown[]): CommitReply {
  const [row] = rows as readonly { readonly version: string; readonly updatedMs: number }[];
  return row ? { applied: true, version: row.version, updatedMs: row.updatedMs } : { applied: false };
}
