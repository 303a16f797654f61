import { realClock } from "../../../local/engine/clock";
import { createDocuments, documentsRest } from "../../../local/engine/firestore";
import { noJournal } from "../../../local/engine/journal";
import { firestoreStore } from "../../../runtime/firestore";
import {
  describeFirestoreEmulator,
  type FirestoreEmulator,
  startFirestoreEmulator,
} from "../../support/firestore-emulator";
import { documentReader } from "../support/documents";
import { restFetch } from "../support/rest-fetch";
import { RECORD, storeConformance, type Subject } from "./conformance";
import { protocolConformance } from "./protocol";

const database = "projects/test-project/databases/(default)";

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
});

describeFirestoreEmulator("the Firestore store on Google's emulator", () => {
  let emulator: FirestoreEmulator;
  let subject: Subject;
  beforeAll(async () => {
    emulator = await startFirestoreEmulator();
    const store = firestoreStore({ database, emulatorHost: emulator.host });
    subject = { store, document: documentReader(emulator.host, database) };
  }, 60_000);
  afterAll(() => emulator.stop());
  storeConformance(() => subject);
  protocolConformance(() => subject);
  keepsUpdateTime(() => subject);
});
