import { Unavailable } from "../../../runtime";
import { restPublisher } from "../../../runtime/google/publisher";
import type { OutboxRow } from "../../../runtime/store/store";

interface Sent {
  readonly url: string;
  readonly authorization: string | null;
  readonly messages: readonly { readonly data?: string; readonly orderingKey?: string }[];
}

/** A publisher whose requests are kept. @param answer what Pub/Sub says */
function recording(options: { emulatorHost?: string; answer?: () => Response } = {}) {
  const sent: Sent[] = [];
  const publisher = restPublisher({
    emulatorHost: options.emulatorHost,
    accessToken: async () => "token",
    fetch: async (url, init) => {
      const { messages } = JSON.parse(init!.body as string) as Sent;
      sent.push({ url: url as string, authorization: new Headers(init!.headers).get("authorization"), messages });
      return options.answer?.() ?? Response.json({ messageIds: [] });
    },
  });
  return { sent, publisher };
}

const row = (id: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  topic: "projects/p/topics/a",
  data: Buffer.from(id),
  attributes: { "millrace-dedupe-id": id },
  expireAtMs: 0,
  ...more,
});

describe("the publisher", () => {
  it("publishes to Google with the identity's token", async () => {
    const { sent, publisher } = recording();
    await publisher.publish([row("x", { orderingKey: "k" })]);
    expect(sent).toEqual([
      {
        url: "https://pubsub.googleapis.com/v1/projects/p/topics/a:publish",
        authorization: "Bearer token",
        messages: [{ data: "eA==", attributes: { "millrace-dedupe-id": "x" }, orderingKey: "k" }],
      },
    ]);
  });

  it("publishes to an emulator without one", async () => {
    const { sent, publisher } = recording({ emulatorHost: "127.0.0.1:8085" });
    await publisher.publish([row("x", { data: Buffer.alloc(0) })]);
    expect(sent[0]).toMatchObject({
      url: "http://127.0.0.1:8085/v1/projects/p/topics/a:publish",
      authorization: "Bearer owner",
    });
    expect(sent[0]!.messages).toEqual([{ attributes: { "millrace-dedupe-id": "x" } }]);
  });

  it("keeps the order, and puts neighbours of one topic into one request", async () => {
    const { sent, publisher } = recording();
    const other = "projects/p/topics/b";
    await publisher.publish([row("1"), row("2"), row("3", { topic: other }), row("4")]);
    expect(sent.map(({ url, messages }) => [url.split("/").at(-1), messages.length])).toEqual([
      ["a:publish", 2],
      ["b:publish", 1],
      ["a:publish", 1],
    ]);
  });

  it("puts messages of different ordering keys into different requests, which Pub/Sub demands", async () => {
    const { sent, publisher } = recording();
    await publisher.publish([
      row("1", { orderingKey: "k" }),
      row("2", { orderingKey: "k" }),
      row("3", { orderingKey: "l" }),
      row("4"),
    ]);
    expect(sent.map(({ messages }) => messages.map(({ orderingKey }) => orderingKey))).toEqual([
      ["k", "k"],
      ["l"],
      [undefined],
    ]);
  });

  it("stays below Pub/Sub's limits of 1000 messages and 10 MB a request", async () => {
    const { sent, publisher } = recording();
    await publisher.publish(Array.from({ length: 1_001 }, (_, i) => row(String(i))));
    expect(sent.map(({ messages }) => messages.length)).toEqual([1_000, 1]);
    const large = recording();
    await large.publisher.publish(["1", "2", "3"].map((id) => row(id, { data: Buffer.alloc(3_000_000) })));
    expect(large.sent.map(({ messages }) => messages.length)).toEqual([2, 1]);
  });

  it("fails with what Google says", async () => {
    const error = { error: { code: 404, status: "NOT_FOUND", message: "Resource not found (resource=a)." } };
    const { publisher } = recording({ answer: () => Response.json(error, { status: 404 }) });
    await expect(publisher.publish([row("x")])).rejects.toThrow(
      "publishing to projects/p/topics/a: 404 NOT_FOUND Resource not found (resource=a).",
    );
  });

  it.each([
    ["a status that passes", () => new Response("<html>bad gateway</html>", { status: 502 })],
    ["too many requests", () => new Response("", { status: 429 })],
    ["no answer", () => Promise.reject(new TypeError("fetch failed"))],
  ])("is worth asking again after %s", async (_name, answer) => {
    const publisher = restPublisher({ accessToken: async () => "token", fetch: async () => answer() });
    await expect(publisher.publish([row("x")])).rejects.toThrow(Unavailable);
  });

  it("is not worth asking again after a refusal", async () => {
    const { publisher } = recording({ answer: () => new Response("", { status: 403 }) });
    const error = await publisher.publish([row("x")]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Unavailable);
  });
});
