import { realClock } from "../../../runtime/clock";
import type { Delivered } from "../../../runtime/deliver";
import { firestoreStore } from "../../../runtime/firestore";
import { pubsubPublisher } from "../../../runtime/publish";
import { createEventPublisher } from "../../../runtime/publish/events";
import { metadataAccessToken } from "../../../runtime/google/access-token";
import { GOOGLE_KEYS_URL, jsonWebKeys } from "../../../runtime/auth/keys";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { workflowCallbacks } from "../../../runtime/transports";
import { createCore } from "../../../runtime/core";
import { defineContract } from "../../../contract";
import type { OutboxRow } from "../../../runtime/store/store";
import { type GoogleStandIn, startGoogleStandIn } from "../../support/google-stand-in";
import { CALLBACK, KEYS, METADATA, type OutgoingVector, PUBLISHED, STORED, TOLD, WHOLE } from "../../vectors/outgoing";
import { environmentFor } from "../support/environment";
import { common } from "../support/orders";
import { incoming } from "../support/simulation";
import { goodClaims, strippedToken } from "../support/tokens";

/* What the runtime itself sends, as it comes out of a socket. */

let google: GoogleStandIn;
beforeAll(async () => void (google = await startGoogleStandIn()));
afterAll(() => google.stop());
beforeEach(() => google.forget());

const accessToken = async () => "access-token";
const COMMIT_TIME = "2026-01-01T00:00:00.000002Z";
const COMMITTED = { status: 200, body: { writeResults: [{ updateTime: COMMIT_TIME }], commitTime: COMMIT_TIME } };

/** What has come over the wire. @param vectors what had to, in this order */
const sent = (...vectors: readonly OutgoingVector[]) => expect(google.received).toEqual(vectors);

/** The same request as one to an emulator: at its address, as its owner. */
const emulated = ({ line, headers, body }: OutgoingVector): OutgoingVector => {
  const [method, path = ""] = line.split(" ", 2);
  return {
    line: `${method} ${path.slice(path.indexOf("/") + 1)}`,
    headers: { ...headers, authorization: "Bearer owner" },
    body,
  };
};

const row = (id: string, data: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  topic: PUBLISHED.topic,
  data: Buffer.from(data),
  attributes: { "millrace-dedupe-id": id },
  expireAtMs: 0,
  ...more,
});

describe("what is published", () => {
  beforeEach(() => google.on(":publish", { status: 200, body: { messageIds: ["1"] } }));
  const publisher = () => pubsubPublisher({ accessToken, fetch: google.send });

  it("is an event with its attributes, its trace and its dedupe id", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const events = createEventPublisher({
      publisher: publisher(),
      gatherMs: 0,
      newId: () => "id-1",
      traceparent: () => traceparent,
    });
    await events.publish(PUBLISHED.topic, { data: { id: "ü" }, attributes: { kind: "order" } });
    sent(PUBLISHED.plain);
  });

  it("is one request for neighbours of one key, and no field for what is not there", async () => {
    await publisher().publish([row("a", "1", { orderingKey: "k" }), row("b", "2", { orderingKey: "k" }), row("c", "")]);
    sent(PUBLISHED.ordered, PUBLISHED.empty);
  });

  it("is the same to an emulator, without a token of Google's", async () => {
    await pubsubPublisher({ emulatorHost: google.address, accessToken }).publish([row("c", "")]);
    sent(emulated(PUBLISHED.empty));
  });
});

describe("what the Firestore store sends", () => {
  const store = () => firestoreStore({ database: STORED.database, accessToken, fetch: google.send, env: {} });

  it("is one commit for a claim, which nobody may have made before", async () => {
    google.on(":commit", COMMITTED);
    await store().commit({ key: "key", expect: undefined, record: WHOLE });
    sent(STORED.create);
  });

  it("is one commit for effects, messages and record", async () => {
    google.on(":commit", COMMITTED);
    await store().commit({
      key: "key",
      expect: "2026-01-01T00:00:00.000001Z",
      record: WHOLE,
      effects: [
        { op: "set", path: "orders/7", data: { n: 1 } },
        { op: "create", path: "orders/8", data: {} },
        { op: "delete", path: "orders/9" },
      ],
      addRows: [
        row("key-2", "", {
          data: Buffer.from([0, 255]),
          attributes: { "a.b": "1" },
          orderingKey: "k",
          expireAtMs: WHOLE.expireAtMs,
        }),
      ],
      removeRows: ["key-1"],
    });
    sent(STORED.everything);
  });

  it("is a read that tells when it was made", async () => {
    google.on(":batchGet", { status: 200, body: [{ missing: "x", readTime: COMMIT_TIME }] });
    await store().read("key");
    await store().rows(["key-1", "key-2"]);
    sent(STORED.read, STORED.rows);
  });

  it("is a query by name for a sweep", async () => {
    google.on(":runQuery", { status: 200, body: [{ readTime: COMMIT_TIME }] });
    await store().pending!(5, "key-1");
    sent(STORED.pending);
  });

  it("is the same to an emulator, as its owner", async () => {
    google.on(":commit", COMMITTED);
    const emulator = firestoreStore({ database: STORED.database, emulatorHost: google.address, env: {} });
    await emulator.commit({ key: "key", expect: undefined, record: WHOLE });
    sent(emulated(STORED.create));
  });
});

describe("what a workflow that waits is told", () => {
  const event = incoming({}, { attributes: { "millrace-callback": CALLBACK } });
  it.each<[keyof typeof TOLD, Delivered]>([
    ["done", { outcome: { kind: "done" }, result: '{"charge":"ü"}' }],
    ["done", { outcome: { kind: "replayed" }, result: '{"charge":"ü"}' }],
    ["nothing", { outcome: { kind: "done" } }],
    ["parked", { outcome: { kind: "parked", cause: { class: "Declined", message: "no" } } }],
  ])("is %s: one request, byte by byte", async (name, delivered) => {
    google.on("/c_1", { status: 200, body: {} });
    await workflowCallbacks({ accessToken, fetch: google.send })(event, delivered);
    sent(TOLD[name]);
  });
});

describe("whom the runtime asks for tokens and keys", () => {
  it("is the metadata server, in its own words", async () => {
    google.on("cloud-platform", { status: 200, body: { access_token: "access-token", expires_in: 3_600 } });
    expect(await metadataAccessToken({ clock: realClock(), fetch: google.send })()).toBe("access-token");
    sent(METADATA);
  });

  it("is Google's public keys, without saying who asks", async () => {
    google.on("/certs", { status: 200, body: { keys: [] } });
    const keys = jsonWebKeys({ url: GOOGLE_KEYS_URL, clock: realClock(), fetch: google.send });
    expect(await keys.verify("kid", "signed", "signature")).toBe(false);
    sent(KEYS);
  });
});

describe("what one event costs on the wire", () => {
  const contracts = {
    lease: defineContract({ ...common, store: "firestore", effects: "at-least-once" }),
    transaction: defineContract({ ...common, store: "firestore", effects: "transactional", writes: ["orders"] }),
  };
  const handlers: Readonly<Record<string, Handler>> = {
    "lease mode": defineHandler(contracts.lease, async () => ({ ok: true })),
    "transactional mode": defineHandler(contracts.transaction, async ({ id }, ctx) =>
      ctx.commit((tx) => tx.set(`orders/${id}`, { n: 1 })),
    ),
  };
  it.each(Object.keys(handlers))("is a claim and an end in %s, one round trip each, and no read", async (mode) => {
    const handler = handlers[mode]!;
    google.on(":commit", COMMITTED);
    const core = createCore(handler, {
      env: environmentFor(handler),
      store: firestoreStore({ database: STORED.database, accessToken, fetch: google.send, env: {} }),
      fetch: google.send,
      write: () => {},
    });
    const body = { message: { messageId: "m-1", data: Buffer.from('{"id":"7"}').toString("base64") } };
    const { status } = await core.handle({
      method: "POST",
      path: "/",
      headers: { authorization: strippedToken(goodClaims(Date.now())) },
      body: async () => Buffer.from(JSON.stringify(body)),
    });
    expect(status).toBe(204);
    const writes = google.received.map(
      ({ body: text }) => (JSON.parse(text) as { readonly writes: readonly object[] }).writes,
    );
    expect(google.received.map(({ line }) => line)).toEqual([STORED.create.line, STORED.create.line]);
    expect(writes.map((all) => all.length)).toEqual([1, mode === "lease mode" ? 1 : 2]);
    // The update time that the claim was answered with fences the end.
    expect(writes.map(([record]) => (record as { readonly currentDocument: object }).currentDocument)).toEqual([
      { exists: false },
      { updateTime: COMMIT_TIME },
    ]);
  });
});
