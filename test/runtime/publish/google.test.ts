import type { PubSub } from "@google-cloud/pubsub";
import { startPubSub } from "../../../local/engine/pubsub";
import { Unavailable } from "../../../runtime";
import { googlePublisher, type GoogleClient } from "../../../runtime/publish";
import type { OutboxRow } from "../../../runtime/store/store";

const row = (text: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id: text,
  topic: "projects/p/topics/rows",
  data: Buffer.from(text),
  attributes: { "millrace-dedupe-id": text },
  expireAtMs: 0,
  ...more,
});

describe("Google's client as a publisher", () => {
  it("publishes rows with their attributes, in the order of their keys", async () => {
    const broker = await startPubSub();
    const google = await import("@google-cloud/pubsub");
    const client: PubSub = new google.PubSub({ projectId: "p", apiEndpoint: broker.address });
    try {
      const [topic] = await client.createTopic("rows");
      const [subscription] = await topic.createSubscription("rows", { enableMessageOrdering: true });
      const texts = ["1", "2", "3", "4"];
      await googlePublisher(client).publish([
        ...texts.map((text) => row(text, { orderingKey: "k" })),
        row("free", { attributes: { a: "b" } }),
      ]);
      const seen: { text: string; key: string | undefined; attributes: object }[] = [];
      await new Promise<void>((resolve) => {
        subscription.on("message", (message) => {
          seen.push({ text: message.data.toString(), key: message.orderingKey, attributes: message.attributes });
          message.ack();
          if (seen.length === 5) resolve();
        });
      });
      await subscription.close();
      expect(seen.filter(({ key }) => key === "k").map(({ text }) => text)).toEqual(texts);
      expect(seen).toContainEqual({ text: "free", key: "", attributes: { a: "b" } });
    } finally {
      await client.close();
      await broker.stop();
    }
  });

  const failing = (error: object) => {
    const resumed: string[] = [];
    const client: GoogleClient = {
      topic: () => ({
        publishMessage: ({ data }) => (data.toString() === "bad" ? Promise.reject(error) : Promise.resolve("1")),
        resumePublishing: (key) => void resumed.push(key),
      }),
    };
    return { client, resumed };
  };

  it("lets the client go on with a key after a failure, and tells whoever asked", async () => {
    const { client, resumed } = failing(Object.assign(new Error("down"), { code: 14 }));
    const rows = [row("good", { orderingKey: "a" }), row("bad", { orderingKey: "b" }), row("free")];
    await expect(googlePublisher(client).publish(rows)).rejects.toBeInstanceOf(Unavailable);
    expect(resumed).toEqual(["b"]);
  });

  it("asks for order where there is a key, which the client keeps apart from what has none", async () => {
    const asked: unknown[] = [];
    const client: GoogleClient = {
      topic: (name, options) => ({
        publishMessage: async (sent) => void asked.push([name, options, sent]),
        resumePublishing: () => {},
      }),
    };
    await googlePublisher(client).publish([row("keyed", { orderingKey: "k" }), row("free", { data: Buffer.alloc(0) })]);
    expect(asked).toEqual([
      [
        "projects/p/topics/rows",
        { messageOrdering: true },
        { data: Buffer.from("keyed"), attributes: { "millrace-dedupe-id": "keyed" }, orderingKey: "k" },
      ],
      [
        "projects/p/topics/rows",
        { messageOrdering: false },
        { data: Buffer.alloc(0), attributes: { "millrace-dedupe-id": "free" } },
      ],
    ]);
  });

  it("does not ask again for what is refused", async () => {
    const { client } = failing(Object.assign(new Error("no such topic"), { code: 5 }));
    const refused = await googlePublisher(client)
      .publish([row("bad")])
      .catch((error: unknown) => error);
    expect(refused).not.toBeInstanceOf(Unavailable);
    expect((refused as Error).message).toBe("publishing: no such topic");
  });
});
