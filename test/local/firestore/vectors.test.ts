import { createDocuments } from "../../../local/engine/firestore/documents";
import { documentsRest } from "../../../local/engine/firestore/rest";
import { realClock } from "../../../local/engine/clock";
import { noJournal } from "../../../local/engine/journal";
import {
  type FirestoreEmulator,
  describeFirestoreEmulator,
  startFirestoreEmulator,
} from "../../support/firestore-emulator";
import { type Send, loadVectors, play } from "./vectors";

const files = loadVectors();

it("has at least one vector in every file", () => {
  expect(files.map(([file]) => file)).toEqual(["commit", "names-and-limits", "query", "read", "transaction", "value"]);
  for (const [, vectors] of files) expect(vectors.length).toBeGreaterThan(0);
});

it("lets the emulator answer otherwise only where a vector says why", () => {
  for (const [, vectors] of files)
    for (const { name, steps, divergence } of vectors)
      expect({ name, told: divergence !== undefined }).toEqual({ name, told: steps.some((step) => step.emulator) });
});

describe("the documents API of the engine", () => {
  const handler = documentsRest(createDocuments({ clock: realClock(), journal: noJournal }));
  const send: Send = async (method, path, body) => {
    const url = new URL(path, "http://engine");
    const response = await handler({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      body: Buffer.from(body ?? ""),
      signal: new AbortController().signal,
    });
    return { status: response.status, json: JSON.parse(response.body as string) };
  };
  describe.each(files)("%s", (file, vectors) => {
    it.each(vectors.map((vector, i) => [vector.name, vector, i] as const))("%s", async (_, vector, i) => {
      await play(vector, `${file}-${i}`, "engine", send);
    });
  });
});

describeFirestoreEmulator("the same vectors against Google's Firestore emulator", () => {
  let emulator: FirestoreEmulator;
  beforeAll(async () => {
    emulator = await startFirestoreEmulator();
  });
  afterAll(() => emulator?.stop());

  const send: Send = async (method, path, body) => {
    const response = await fetch(`http://${emulator.host}${path}`, {
      method,
      // Without this the emulator applies security rules.
      headers: { authorization: "Bearer owner", "content-type": "application/json" },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    return { status: response.status, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
  };
  describe.each(files)("%s", (file, vectors) => {
    it.each(vectors.map((vector, i) => [vector.name, vector, i] as const))("%s", async (_, vector, i) => {
      await play(vector, `${file}-${i}`, "emulator", send);
    });
  });
});
