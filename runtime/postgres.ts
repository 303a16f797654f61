import type { PooledClient, PostgresClient, PostgresPool } from "./store/postgres/client";
import { checkSchema, postgresMigration } from "./store/postgres/schema";
import { type Collected, createPostgresStore } from "./store/postgres/store";
import { type Begin, onPool, postgresTransactions } from "./store/postgres/transactions";
import type { Store, Transactions } from "./store/store";

export type { PooledClient, PostgresClient, PostgresPool } from "./store/postgres/client";
export { postgresMigration } from "./store/postgres/schema";
export type { Collected } from "./store/postgres/store";
export type { Begin } from "./store/postgres/transactions";
export type { Transactions } from "./store/store";

export interface PostgresStoreOptions {
  /**
   * A pool of `pg`. Give it `query_timeout` and `connectionTimeoutMillis`: a call without an end holds a delivery up.
   * @default one of at most 10 connections to where libpq's variables (`PGHOST`, `PGUSER`, `PGDATABASE` …) point
   */
  readonly pool?: PostgresPool;
  /** Schema of the tables; `^[a-z_][a-z0-9_]{0,62}$`. @default "millrace" */
  readonly schema?: string;
}

export interface PostgresStore extends Store {
  readonly kind: "postgres";
  /** Makes the tables, if they are not there. For a deployment step; handlers need not be able to. */
  migrate(): Promise<void>;
  /**
   * Deletes records and outbox rows that have expired. For a scheduled function: PostgreSQL has no TTL of its own.
   * @param options.limit at most so many of each kind. @default 10000
   */
  collect(options?: { readonly limit?: number }): Promise<Collected>;
}

/** How long one statement and one connection are waited for. */
const STATEMENT_MS = 10_000;
const CONNECTION_MS = 5_000;

/**
 * Records, outbox and effects in PostgreSQL 13 or newer (Cloud SQL, AlloyDB), by way of `pg`, which is loaded with the
 * first event. Nothing is connected to before that.
 * @throws RangeError for a schema whose name would need quoting
 */
export function postgresStore(options: PostgresStoreOptions = {}): PostgresStore {
  const schema = options.schema ?? "millrace";
  let opening: Promise<PostgresPool> | undefined;
  const connected = (): Promise<PostgresPool> =>
    (opening ??= options.pool
      ? Promise.resolve(options.pool)
      : openPool().catch((error: unknown) => {
          opening = undefined;
          throw error;
        }));
  const store = createPostgresStore(connected, schema);
  return {
    ...store,
    kind: "postgres",
    async migrate() {
      const pool: PostgresClient = await connected();
      await pool.query(postgresMigration(schema));
    },
    collect: ({ limit = 10_000 } = {}) => store.collect(limit),
  };
}

/**
 * Transactions of PostgreSQL, for `ctx.commitIn`.
 * @param where a pool, each of whose transactions has a connection of its own; or how a transaction of your own
 * library is opened, which must run the body on the very connection
 * @param options.schema that of the store
 */
export function inPostgres<Client extends PooledClient>(
  where: { connect(): Promise<Client> },
  options?: { readonly schema?: string },
): Transactions<Client>;
export function inPostgres<Client extends PostgresClient>(
  where: Begin<Client>,
  options?: { readonly schema?: string },
): Transactions<Client>;
export function inPostgres<Client extends PooledClient>(
  where: { connect(): Promise<Client> } | Begin<Client>,
  { schema = "millrace" }: { readonly schema?: string } = {},
): Transactions<Client> {
  return postgresTransactions(typeof where === "function" ? where : onPool(where), checkSchema(schema));
}

async function openPool(): Promise<PostgresPool> {
  const pg = await import("pg").catch((error: unknown) => {
    throw new Error("postgresStore needs the package pg beside it: npm install pg", { cause: error });
  });
  const pool = new pg.default.Pool({
    max: 10,
    connectionTimeoutMillis: CONNECTION_MS,
    query_timeout: STATEMENT_MS,
    statement_timeout: STATEMENT_MS,
  });
  // An idle connection that breaks is replaced when it is next needed; without a listener it would end the process.
  pool.on("error", () => {});
  return pool;
}
