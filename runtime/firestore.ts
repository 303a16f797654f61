import { ENV } from "../contract/environment";
import { realClock } from "./clock";
import { metadataAccessToken } from "./google/access-token";
import { createFirestoreStore } from "./store/firestore/store";
import { type FirestoreDatabase, firestoreTransactions } from "./store/firestore/transactions";
import type { Store, Transactions } from "./store/store";

export type { FirestoreDatabase } from "./store/firestore/transactions";
export type { Transactions } from "./store/store";

export interface FirestoreStoreOptions {
  /** `projects/{project}/databases/{database}`. @default MILLRACE_FIRESTORE_DATABASE */
  readonly database?: string;
  /** `host:port` of an emulator. @default FIRESTORE_EMULATOR_HOST, and Google without it */
  readonly emulatorHost?: string;
  /** Gives an OAuth access token. @default the metadata server's, for the identity the service runs as */
  readonly accessToken?: () => Promise<string>;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

const DATABASE = /^projects\/[^/]+\/databases\/[^/]+$/;

/**
 * Records and effects in Firestore, over its REST API. Nothing is read from the environment and nothing is sent until
 * the first event, so that a missing variable is reported with everything else at start-up.
 */
export function firestoreStore(options: FirestoreStoreOptions = {}): Store {
  const env = options.env ?? process.env;
  let store: Store | undefined;
  const opened = (): Store => {
    if (store) return store;
    const database = databaseOf();
    const problem = fault()?.problem;
    if (!database || problem) throw new Error(problem);
    const send = options.fetch ?? fetch;
    store = createFirestoreStore({
      database,
      emulatorHost: options.emulatorHost ?? env["FIRESTORE_EMULATOR_HOST"],
      accessToken: options.accessToken ?? metadataAccessToken({ clock: realClock(), fetch: send }),
      fetch: send,
    });
    return store;
  };
  const databaseOf = () => options.database ?? env[ENV.firestoreDatabase];
  const fault = () => {
    const database = databaseOf();
    if (database !== undefined && DATABASE.test(database)) return undefined;
    const problem =
      database === undefined
        ? `${ENV.firestoreDatabase} is not set`
        : `"${database}" is not projects/{project}/databases/{database}`;
    return { problem, fix: `set ${ENV.firestoreDatabase} to projects/{project}/databases/{database}` };
  };
  return {
    kind: "firestore",
    fault,
    read: async (key) => opened().read(key),
    commit: async (change) => opened().commit(change),
    rows: async (ids) => opened().rows(ids),
    pending: async (limit, after) => opened().pending!(limit, after),
  };
}

/**
 * Transactions of `@google-cloud/firestore`, for `ctx.commitIn`. Costs two reads of the record beside the handler's own
 * reads and writes.
 * @param db a `Firestore` of the database that holds the records
 */
export const inFirestore = <Native>(db: FirestoreDatabase<Native>): Transactions<Native> => firestoreTransactions(db);
