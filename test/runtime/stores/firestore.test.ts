import { Firestore, type Transaction } from "@google-cloud/firestore";
import { realClock, virtualClock } from "../../../local/engine/clock";
import { createDocuments, documentsRest } from "../../../local/engine/firestore";
import { noJournal } from "../../../local/engine/journal";
import { firestoreStore, inFirestore } from "../../../runtime/firestore";
import {
  describeFirestoreEmulator,
  type FirestoreEmulator,
  startFirestoreEmulator,
} from "../../support/firestore-emulator";
import { documentReader } from "../support/documents";
import { restFetch } from "../support/rest-fetch";
import { within } from "../support/simulation";
import { RECORD, storeConformance, type Subject } from "./conformance";
import { faultConformance, type FaultySubject } from "./faults";
import { protocolConformance } from "./protocol";
import { transactionConformance } from "./transactions";

const database = "projects/test-project/databases/(default)";

/** The store whose requests are sent over a wire. */
const throughFetch =
  (emulatorHost: string, send: typeof fetch = fetch): FaultySubject["through"] =>
  (wire) =>
    firestoreStore({
      database,
      emulatorHost,
      fetch: (url, init) =>
        wire.pass(
          () => send(url, init),
          () => new TypeError("fetch failed"),
        ),
    });

/** Why every write of a record has to change it: docs/traps.md. */
const keepsUpdateTime = (subject: () => Subject) =>
  it("moves nothing by a write that changes nothing", async () => {
    const { store } = subject();
    const first = await store.commit({ key: "same", expect: undefined, record: RECORD });
    const { version } = first as { version: string };
    expect(await store.commit({ key: "same", expect: version, record: RECORD })).toMatchObject({
      applied: true,
      version,
    });
    expect((await store.read("same")).stored!.version).toBe(version);
  });

describe("the Firestore store on the local engine", () => {
  const send = restFetch(documentsRest(createDocuments({ clock: realClock(), journal: noJournal })));
  const emulatorHost = "engine.test";
  const store = firestoreStore({ database, emulatorHost, fetch: send });
  const subject: Subject = { store, document: documentReader(emulatorHost, database, send) };
  storeConformance(() => subject);
  protocolConformance(() => subject);
  keepsUpdateTime(() => subject);

  const clock = virtualClock(1_700_000_000_000);
  const virtual = restFetch(documentsRest(createDocuments({ clock, journal: noJournal })));
  faultConformance(() => ({
    clock,
    through: throughFetch(emulatorHost, virtual),
    document: documentReader(emulatorHost, database, virtual),
    settle: (work) => within({ clock }, 600_000, work),
  }));
});

describeFirestoreEmulator("the Firestore store on Google's emulator", () => {
  let emulator: FirestoreEmulator;
  let subject: Subject;
  const clients: Firestore[] = [];
  beforeAll(async () => {
    emulator = await startFirestoreEmulator();
    const store = firestoreStore({ database, emulatorHost: emulator.host });
    subject = { store, document: documentReader(emulator.host, database) };
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.terminate()));
    await emulator.stop();
  });
  storeConformance(() => subject);
  protocolConformance(() => subject);
  keepsUpdateTime(() => subject);

  describe("and transactions of Google's client", () => {
    const client = (databaseId: string) => {
      const [host, port] = emulator.host.split(":");
      const db = new Firestore({ projectId: "test-project", databaseId, host, port: Number(port), ssl: false });
      clients.push(db);
      return db;
    };
    let db: Firestore;
    let elsewhere: Firestore;
    beforeAll(() => {
      db = client("(default)");
      elsewhere = client("elsewhere");
    });
    const add = async (transaction: Transaction, name: string, n: number) => {
      const counts = db.doc(`counts/${name}`);
      const found = await transaction.get(counts);
      const before = (found.data() as { n: number } | undefined)?.n ?? 0;
      transaction.set(counts, { n: before + n });
    };
    const value = async (name: string) =>
      ((await db.doc(`counts/${name}`).get()).data() as { n: number } | undefined)?.n;
    transactionConformance(() => ({
      store: subject.store,
      transactions: inFirestore(db),
      elsewhere: inFirestore(elsewhere),
      add,
      value,
    }));

    const unavailable = () => Object.assign(new Error("UNAVAILABLE: the connection broke"), { code: 14 });
    faultConformance<Transaction>(() => ({
      clock: realClock(),
      through: throughFetch(emulator.host),
      document: subject.document,
      native: {
        add,
        value,
        // Google's client is asked for whole transactions; what it sends for one is its own affair.
        transactions: (wire) =>
          inFirestore<Transaction>({
            runTransaction: (body) => wire.pass(() => db.runTransaction(body), unavailable),
            doc(path) {
              const reference = db.doc(path);
              const get = reference.get.bind(reference);
              reference.get = () => wire.pass(get, unavailable);
              return reference;
            },
          }),
      },
    }));
  });
});
