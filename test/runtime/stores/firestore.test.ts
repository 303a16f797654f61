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
import { storeConformance, type Subject } from "./conformance";

const database = "projects/test-project/databases/(default)";

describe("the Firestore store on the local engine", () => {
  const send = restFetch(documentsRest(createDocuments({ clock: realClock(), journal: noJournal })));
  const emulatorHost = "engine.test";
  const store = firestoreStore({ database, emulatorHost, fetch: send });
  const subject: Subject = { store, document: documentReader(emulatorHost, database, send) };
  storeConformance(() => subject);
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
});
