import { IssuesError } from "../../../contract/issue";
import { virtualClock } from "../../../local/engine/clock";
import { createEvents } from "../../../local/engine/events";
import { noJournal } from "../../../local/engine/journal";
import { loadSystem } from "../../../local/engine/load";
import { createPubSub, type PubSub } from "../../../local/engine/pubsub";
import { pubsubKinds } from "../../../local/engine/pubsub/kinds";
import { seededRandom } from "../../../local/engine/random";
import { createReconciler, type Kind } from "../../../local/engine/reconcile";
import type { System } from "../../../local/engine/system";
import { outFolder, pipeline, PROJECT } from "./fixture";

const out = outFolder();
const systemOf = (change?: Parameters<typeof pipeline>[0]) =>
  loadSystem(out.write({ app: pipeline(change) }), "app").system;

function broker() {
  const clock = virtualClock(0);
  const events = createEvents(() => clock.now());
  const push = async () => ({ kind: "status", status: 200 }) as const;
  return createPubSub({ clock, events, random: seededRandom(1), journal: noJournal, push });
}

const topic = (name: string) => `projects/${PROJECT}/topics/${name}`;
const subscription = (name: string) => `projects/${PROJECT}/subscriptions/${name}`;

const all = () => true;
const none = () => false;
/** What brings a broker to a system, as the direct door does unless it is told what is touched. */
function reconciler(pubsub: PubSub, more: readonly Kind[] = []) {
  const made = createReconciler([...pubsubKinds(pubsub), ...more], noJournal);
  /** What it did; what it could not do as an error. */
  const settle = async (system: System, touched: Parameters<typeof made.settle>[1] = all) => {
    const { faults, ...applied } = await made.settle(system, touched);
    if (faults.length > 0) throw new IssuesError(faults.flatMap(({ issues }) => issues));
    return applied;
  };
  return { ...made, settle };
}

describe("applying a plan to the broker", () => {
  it("creates what the plan asks for, and is no change the second time", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    for (let time = 0; time < 2; time++) expect(await record.settle(systemOf())).toEqual({ replaced: [], removed: [] });
    expect(pubsub.topics().map(({ name }) => name)).toEqual([topic("orders"), topic("orders-dead")]);
    expect(pubsub.subscriptions().map(({ name }) => name)).toEqual([
      subscription("charge"),
      subscription("orders-dead-kept"),
    ]);
  });

  it("updates in place and keeps the backlog", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    await record.settle(systemOf());
    pubsub.publish(topic("orders"), [{ data: Buffer.from("x"), attributes: { kind: "charge" } }]);
    const longer = systemOf(
      (resource) => void (resource.google_pubsub_subscription!.charge!.ack_deadline_seconds = 60),
    );
    expect((await record.settle(longer)).replaced).toEqual([]);
    expect(pubsub.subscription(subscription("charge")).config.ackDeadlineMs).toBe(60_000);
    expect(pubsub.stats(subscription("charge")).unacked).toBe(1);
  });

  it("replaces a subscription whose filter changes, and its backlog is gone", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    await record.settle(systemOf());
    pubsub.publish(topic("orders"), [{ data: Buffer.from("x"), attributes: { kind: "charge" } }]);
    const other = systemOf(
      (resource) => void (resource.google_pubsub_subscription!.charge!.filter = "attributes:kind"),
    );
    expect((await record.settle(other)).replaced).toEqual([subscription("charge")]);
    expect(pubsub.stats(subscription("charge")).unacked).toBe(0);
  });

  it("removes what left the plan, over a restart too, and nothing that a client has made", async () => {
    const pubsub = broker();
    const before = reconciler(pubsub);
    await before.settle(systemOf());
    pubsub.createTopic({ name: topic("mine") });
    const after = reconciler(pubsub);
    for (const entry of before.compact()) after.replay(entry);
    const smaller = systemOf((resource) => {
      delete resource.google_pubsub_subscription!.kept;
      delete resource.google_pubsub_topic!.dead;
      delete resource.google_pubsub_topic_iam_member;
      delete resource.google_pubsub_subscription!.charge!.dead_letter_policy;
    });
    expect((await after.settle(smaller)).removed).toEqual([subscription("orders-dead-kept"), topic("orders-dead")]);
    expect(pubsub.topics().map(({ name }) => name)).toEqual([topic("orders"), topic("mine")]);
  });

  it("says all that the broker refuses, each with its address", async () => {
    const bad = systemOf((resource) => {
      resource.google_pubsub_topic!.short = { name: "x" };
      resource.google_pubsub_subscription!.kept!.filter = "attributes.kind =";
      resource.google_pubsub_subscription!.charge!.ack_deadline_seconds = 5;
    });
    await expect(reconciler(broker()).settle(bad)).rejects.toThrow(
      /^MR4103 app\/google_pubsub_topic\.short: .*\nMR4103 app\/google_pubsub_subscription\.charge: .*\nMR4103 app\/google_pubsub_subscription\.kept: Invalid filter/,
    );
  });

  it("leaves what a client has changed to whoever looks for it, until it is asked for again", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    await record.settle(systemOf());
    const charge = pubsub.subscription(subscription("charge")).config;
    pubsub.updateSubscription({ ...charge, ackDeadlineMs: 11_000 });
    pubsub.deleteSubscription(subscription("orders-dead-kept"));
    await record.settle(systemOf(), none);
    expect(pubsub.subscriptions()).toMatchObject([{ ackDeadlineMs: 11_000 }]);
    await record.settle(systemOf(), (resource) => resource?.address === "google_pubsub_subscription.charge");
    expect(pubsub.subscriptions()).toMatchObject([{ ackDeadlineMs: 30_000 }]);
    await record.settle(systemOf());
    expect(pubsub.subscriptions()).toHaveLength(2);
  });

  it("does not bring back after a restart what a client has deleted, unless all is asked for", async () => {
    const pubsub = broker();
    const before = reconciler(pubsub);
    await before.settle(systemOf());
    pubsub.deleteSubscription(subscription("charge"));
    const after = reconciler(pubsub);
    for (const entry of before.compact()) after.replay(entry);
    await after.settle(systemOf(), none);
    expect(pubsub.subscriptions()).toHaveLength(1);
    await after.settle(systemOf(), all);
    expect(pubsub.subscriptions()).toHaveLength(2);
  });

  it("keeps a topic that stood in for somebody's, with its subscriptions, when the owner comes", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    const foreign = (resource: Parameters<NonNullable<Parameters<typeof pipeline>[0]>>[0]) => {
      delete resource.google_pubsub_topic!.orders;
      resource.google_pubsub_subscription!.charge!.topic = topic("orders");
    };
    await record.settle(systemOf(foreign));
    expect(await record.settle(systemOf())).toEqual({ replaced: [], removed: [] });
    expect(pubsub.subscription(subscription("charge")).config.topic).toBe(topic("orders"));
  });

  it("asks again for what was refused", async () => {
    const pubsub = broker();
    const record = reconciler(pubsub);
    const bad = systemOf((resource) => void (resource.google_pubsub_topic!.short = { name: "x" }));
    await expect(record.settle(bad)).rejects.toThrow(/MR4103/);
    await expect(record.settle(bad, none)).rejects.toThrow(/MR4103/);
    expect(pubsub.topics()).toHaveLength(2);
  });

  it("starts after a restart what a restart has ended", async () => {
    const asked: string[] = [];
    const item = { name: "a", config: {}, ensure: () => void asked.push("a") };
    const kind: Kind = { kind: "process", items: () => [item], remove: () => true };
    const before = reconciler(broker(), [kind]);
    await before.settle(systemOf());
    await before.settle(systemOf(), none);
    expect(asked).toEqual(["a"]);
    const after = reconciler(broker(), [kind]);
    for (const entry of before.compact()) after.replay(entry);
    await after.settle(systemOf(), none);
    expect(asked).toEqual(["a", "a"]);
  });
});
