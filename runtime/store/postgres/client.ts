import { StoreUnavailable } from "../../errors";

/** What one statement gives back. */
export interface QueryResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly rowCount: number | null;
}

/** A connection of `pg`, as far as it is used here. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<QueryResult>;
}

/** A connection that was lent by a pool. */
export interface PooledClient extends PostgresClient {
  /** @param error closes the connection instead of lending it again */
  release(error?: Error | boolean): void;
}

/** A `pg.Pool`, as far as it is used here. */
export interface PostgresPool extends PostgresClient {
  connect(): Promise<PooledClient>;
}

/**
 * Classes of SQLSTATE after which asking again may help: connection, resources, operator intervention, system,
 * serialization and deadlock, locks. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING = new Set(["08", "40", "53", "55", "57", "58"]);
const UNDEFINED_TABLE = "42P01";
const UNDEFINED_SCHEMA = "3F000";
export const UNIQUE_VIOLATION = "23505";

/** SQLSTATE of a failure, or undefined when the server has not said what it was. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  // Node's own codes (ECONNRESET) are longer, or not of this form.
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** A failure in the words of the store: `StoreUnavailable` when it is unknown what happened, or it may pass. */
export function postgresFailure(error: unknown, schema: string): Error {
  const state = sqlState(error);
  const message = `PostgreSQL: ${(error as Error).message}`;
  if (state === undefined || PASSING.has(state.slice(0, 2))) return new StoreUnavailable(message, { cause: error });
  const missing = state === UNDEFINED_TABLE || state === UNDEFINED_SCHEMA;
  return new Error(missing ? `${message}; run the migration of schema "${schema}" first` : message, { cause: error });
}
