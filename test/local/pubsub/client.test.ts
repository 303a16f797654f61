import type { Message, PubSub as Client, Subscription, SubscriptionOptions } from "@google-cloud/pubsub";
import { type StandalonePubSub, startPubSub } from "../../../local/engine/pubsub";

/* Google's own client, unmodified: what it needs of the wire and of the broker. Loading it takes most of a second. */

let server: StandalonePubSub;
let client: Client;
let count = 0;

beforeAll(async () => {
  server = await startPubSub();
  process.env["PUBSUB_EMULATOR_HOST"] = server.address;
  const { PubSub } = await import("@google-cloud/pubsub");
  client = new PubSub({ projectId: "p" });
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

/** @param _what for the reader; the test's own time limit ends what never comes to pass */
const waitFor = async (_what: string, done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** A topic with one subscription, and what its consumer has been given. */
async function topicWith(options: Parameters<Subscription["create"]>[0] = {}, consumer: SubscriptionOptions = {}) {
  const name = `topic-${++count}`;
  const [topic] = await client.createTopic(name);
  const [created] = await topic.createSubscription(`${name}-sub`, options as object);
  const subscription = client.subscription(created.name.split("/").at(-1)!, consumer);
  const received: Message[] = [];
  return {
    topic,
    subscription,
    received,
    texts: () => received.map(({ data }) => data.toString()),
    stats: () => server.pubsub.stats(created.name),
    consume: (handle: (message: Message) => void) => {
      subscription.on("message", (message: Message) => {
        received.push(message);
        handle(message);
      });
      subscription.on("error", (error) => {
        throw error;
      });
    },
  };
}

describe("Google's client", () => {
  it("publishes and consumes", async () => {
    const { topic, subscription, consume, received, stats } = await topicWith();
    const before = Date.now();
    const id = await topic.publishMessage({ data: Buffer.from("hello"), attributes: { a: "ü" } });
    consume((message) => message.ack());
    await waitFor("the ack", () => received.length > 0 && stats().unacked === 0);
    await subscription.close();
    expect(received[0]).toMatchObject({ id, attributes: { a: "ü" }, orderingKey: "" });
    expect(received[0]!.data.toString()).toBe("hello");
    expect(received[0]!.publishTime.getTime()).toBeGreaterThanOrEqual(before);
    expect(received[0]!.publishTime.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it("consumes many times more than its flow control lets out at a time", async () => {
    const { topic, subscription, consume, received, stats } = await topicWith(
      {},
      // The limit holds for each stream.
      { flowControl: { maxMessages: 5, allowExcessMessages: false }, streamingOptions: { maxStreams: 1 } },
    );
    await Promise.all(Array.from({ length: 60 }, (_, i) => topic.publishMessage({ data: Buffer.from(String(i)) })));
    let most = 0;
    consume((message) => {
      most = Math.max(most, stats().outstanding);
      setTimeout(() => message.ack(), 1);
    });
    await waitFor("60 acks", () => received.length >= 60 && stats().unacked === 0);
    await subscription.close();
    expect(received).toHaveLength(60);
    expect(most).toBeLessThanOrEqual(5);
  });

  it("keeps the order of a key, also after a nack", async () => {
    const { topic, subscription, consume, texts, stats } = await topicWith({ enableMessageOrdering: true });
    topic.setPublishOptions({ messageOrdering: true });
    const data = ["1", "2", "3", "4"].map((text) => Buffer.from(text));
    await Promise.all(data.map((one) => topic.publishMessage({ data: one, orderingKey: "k" })));
    let nacked = false;
    consume((message) => {
      if (message.data.toString() !== "2" || nacked) return message.ack();
      nacked = true;
      message.nack();
    });
    await waitFor("the last ack", () => stats().unacked === 0 && texts().includes("4"));
    await subscription.close();
    const after = texts().slice(texts().lastIndexOf("2"));
    expect(texts().slice(0, 2)).toEqual(["1", "2"]);
    expect(after).toEqual(["2", "3", "4"]);
  });

  it("is told which acks of an exactly-once subscription held and which did not", async () => {
    const { topic, subscription, consume, received } = await topicWith({ enableExactlyOnceDelivery: true });
    const answers: string[] = [];
    consume((message) => {
      if (received.length === 1) {
        // What another consumer would do whose lease has ended.
        const { ackId } = message;
        server.pubsub.subscription(subscription.name).modifyAckDeadline([ackId], 0);
        void message.ackWithResponse().catch((error: { errorCode: string }) => answers.push(error.errorCode));
      } else void message.ackWithResponse().then((answer) => answers.push(answer));
    });
    await topic.publishMessage({ data: Buffer.from("once") });
    await waitFor("both answers", () => answers.length === 2);
    await subscription.close();
    expect(answers.sort()).toEqual(["INVALID", "SUCCESS"]);
  });

  it("extends leases, so that a slow handler sees its message once", async () => {
    const { topic, subscription, consume, received, stats } = await topicWith({ ackDeadlineSeconds: 10 });
    await topic.publishMessage({ data: Buffer.from("slow") });
    consume((message) => void setTimeout(() => message.ack(), 50));
    await waitFor("the delivery", () => received.length === 1);
    received[0]!.modAck(600);
    await waitFor("the ack", () => stats().unacked === 0);
    await subscription.close();
    expect(received).toHaveLength(1);
  });

  it("sees the attempt where a dead-letter policy is set, and the dead letter's attributes", async () => {
    const [dead] = await client.createTopic("dead");
    const [letters] = await dead.createSubscription("letters");
    const deadLetterPolicy = { deadLetterTopic: dead.name, maxDeliveryAttempts: 5 };
    const { topic, subscription, consume, received } = await topicWith({ deadLetterPolicy });
    await topic.publishMessage({ data: Buffer.from("poison"), attributes: { own: "kept" } });
    consume((message) => message.nack());
    const forwarded: Message[] = [];
    letters.on("message", (message: Message) => {
      forwarded.push(message);
      message.ack();
    });
    await waitFor("the dead letter", () => forwarded.length === 1);
    await Promise.all([subscription.close(), letters.close()]);
    expect(received.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
    expect(forwarded[0]!.attributes).toMatchObject({
      own: "kept",
      CloudPubSubDeadLetterSourceDeliveryCount: "5",
      CloudPubSubDeadLetterSourceSubscription: subscription.name.split("/").at(-1),
    });
  });

  it("publishes messages close to the limit, and is told about those beyond it", async () => {
    const { topic, subscription, consume, received } = await topicWith();
    await topic.publishMessage({ data: Buffer.alloc(9_900_000, "x") });
    consume((message) => message.ack());
    await waitFor("the message", () => received.length === 1);
    await subscription.close();
    expect(received[0]!.data).toHaveLength(9_900_000);
    await expect(topic.publishMessage({ data: Buffer.alloc(10_000_001) })).rejects.toMatchObject({ code: 3 });
  });

  it("divides a backlog between two consumers", async () => {
    const { topic, subscription, consume, received, stats } = await topicWith(
      {},
      { streamingOptions: { maxStreams: 1 } },
    );
    const other = client.subscription(subscription.name.split("/").at(-1)!, { streamingOptions: { maxStreams: 1 } });
    const others: Message[] = [];
    consume((message) => message.ack());
    other.on("message", (message: Message) => {
      others.push(message);
      message.ack();
    });
    // Who has opened his stream first has all until the other one has.
    let published = 0;
    while (Math.min(received.length, others.length) < 10)
      await topic.publishMessage({ data: Buffer.from(String(published++)) });
    await waitFor("the acks", () => received.length + others.length >= published && stats().unacked === 0);
    await Promise.all([subscription.close(), other.close()]);
    expect(received.length + others.length).toBe(published);
  });

  it("seeks to a snapshot and to an instant", async () => {
    const { topic, subscription, consume, received, texts, stats } = await topicWith({ retainAckedMessages: true });
    const [snapshot] = await subscription.createSnapshot(`snapshot-${count}`);
    await topic.publishMessage({ data: Buffer.from("a") });
    consume((message) => message.ack());
    await waitFor("the first ack", () => received.length === 1 && stats().unacked === 0);
    await snapshot.seek();
    await waitFor("the replay", () => received.length === 2 && stats().unacked === 0);
    await subscription.seek(new Date(Date.now() - 60_000));
    await waitFor("the second replay", () => received.length === 3 && stats().unacked === 0);
    await subscription.close();
    expect(texts()).toEqual(["a", "a", "a"]);
  });

  it("learns of a missing topic and of one that exists", async () => {
    await expect(client.topic("missing").publishMessage({ data: Buffer.from("x") })).rejects.toMatchObject({ code: 5 });
    await client.createTopic("twice");
    await expect(client.createTopic("twice")).rejects.toMatchObject({ code: 6 });
    const [topics] = await client.getTopics();
    expect(topics.map(({ name }) => name)).toContain("projects/p/topics/twice");
  });
});
