import { createPlanRecord } from "../../../local/engine/apply";
import { virtualClock } from "../../../local/engine/clock";
import { createEvents } from "../../../local/engine/events";
import { noJournal } from "../../../local/engine/journal";
import { loadSystem } from "../../../local/engine/load";
import { createPubSub } from "../../../local/engine/pubsub";
import { seededRandom } from "../../../local/engine/random";
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

describe("applying a plan to the broker", () => {
  it("creates what the plan asks for, and is no change the second time", () => {
    const pubsub = broker();
    const record = createPlanRecord(noJournal);
    for (let time = 0; time < 2; time++)
      expect(record.apply(systemOf(), pubsub)).toEqual({ replaced: [], removed: [] });
    expect(pubsub.topics().map(({ name }) => name)).toEqual([topic("orders"), topic("orders-dead")]);
    expect(pubsub.subscriptions().map(({ name }) => name)).toEqual([
      subscription("charge"),
      subscription("orders-dead-kept"),
    ]);
  });

  it("updates in place and keeps the backlog", () => {
    const pubsub = broker();
    const record = createPlanRecord(noJournal);
    record.apply(systemOf(), pubsub);
    pubsub.publish(topic("orders"), [{ data: Buffer.from("x"), attributes: { kind: "charge" } }]);
    const longer = systemOf(
      (resource) => void (resource.google_pubsub_subscription!.charge!.ack_deadline_seconds = 60),
    );
    expect(record.apply(longer, pubsub).replaced).toEqual([]);
    expect(pubsub.subscription(subscription("charge")).config.ackDeadlineMs).toBe(60_000);
    expect(pubsub.stats(subscription("charge")).unacked).toBe(1);
  });

  it("replaces a subscription whose filter changes, and its backlog is gone", () => {
    const pubsub = broker();
    const record = createPlanRecord(noJournal);
    record.apply(systemOf(), pubsub);
    pubsub.publish(topic("orders"), [{ data: Buffer.from("x"), attributes: { kind: "charge" } }]);
    const other = systemOf(
      (resource) => void (resource.google_pubsub_subscription!.charge!.filter = "attributes:kind"),
    );
    expect(record.apply(other, pubsub).replaced).toEqual([subscription("charge")]);
    expect(pubsub.stats(subscription("charge")).unacked).toBe(0);
  });

  it("removes what left the plan, over a restart too, and nothing that a client has made", () => {
    const pubsub = broker();
    const before = createPlanRecord(noJournal);
    before.apply(systemOf(), pubsub);
    pubsub.createTopic({ name: topic("mine") });
    const after = createPlanRecord(noJournal);
    for (const entry of before.compact()) after.replay(entry);
    const smaller = systemOf((resource) => {
      delete resource.google_pubsub_subscription!.kept;
      delete resource.google_pubsub_topic!.dead;
      delete resource.google_pubsub_topic_iam_member;
      delete resource.google_pubsub_subscription!.charge!.dead_letter_policy;
    });
    expect(after.apply(smaller, pubsub).removed).toEqual([subscription("orders-dead-kept"), topic("orders-dead")]);
    expect(pubsub.topics().map(({ name }) => name)).toEqual([topic("orders"), topic("mine")]);
  });

  it("says all that the broker refuses, each with its address", () => {
    const bad = systemOf((resource) => {
      resource.google_pubsub_topic!.short = { name: "x" };
      resource.google_pubsub_subscription!.kept!.filter = "attributes.kind =";
      resource.google_pubsub_subscription!.charge!.ack_deadline_seconds = 5;
    });
    const apply = () => createPlanRecord(noJournal).apply(bad, broker());
    expect(apply).toThrow(
      /^MR4103 app\/google_pubsub_topic\.short: .*\nMR4103 app\/google_pubsub_subscription\.charge: .*\nMR4103 app\/google_pubsub_subscription\.kept: Invalid filter/,
    );
  });
});
