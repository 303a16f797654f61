/** Names that need no quoting. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/** @throws RangeError when the name would have to be quoted */
export function checkSchema(schema: string): string {
  if (!SCHEMA.test(schema)) throw new RangeError(`schema "${schema}" is not ^[a-z_][a-z0-9_]{0,62}$`);
  return schema;
}

/**
 * Makes, or leaves alone, what the store needs. `json` and not `jsonb`: it keeps the text as it was, and the latter
 * refuses `\u0000` (https://www.postgresql.org/docs/current/datatype-json.html).
 */
export function postgresMigration(schema = "millrace"): string {
  const s = checkSchema(schema);
  return `CREATE SCHEMA IF NOT EXISTS ${s};

-- One row per event: its lease, its outcome, its attempts.
CREATE TABLE IF NOT EXISTS ${s}.records (
  key        text PRIMARY KEY,
  -- The fence of the next write: id of the transaction that made the last one.
  version    xid8 NOT NULL,
  updated_at timestamptz NOT NULL,
  expire_at  timestamptz NOT NULL,
  record     json NOT NULL
);
CREATE INDEX IF NOT EXISTS records_expire_at ON ${s}.records (expire_at);

-- Messages committed together with a record and not yet published.
CREATE TABLE IF NOT EXISTS ${s}.outbox (
  id           text COLLATE "C" PRIMARY KEY,
  topic        text NOT NULL,
  data         bytea NOT NULL,
  attributes   json NOT NULL,
  ordering_key text,
  expire_at    timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_expire_at ON ${s}.outbox (expire_at);

-- What tx.set, tx.create and tx.delete of ctx.commit write, in the form of Firestore's REST API.
CREATE TABLE IF NOT EXISTS ${s}.documents (
  path   text COLLATE "C" PRIMARY KEY,
  fields json NOT NULL
);
`;
}
