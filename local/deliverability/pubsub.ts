import { agentOf } from "./workloads";
import { tokensNeed, walkCall } from "./calls";
import type { Item } from "./landscape";
import {
  argument,
  bucketName,
  datasetName,
  memberOf,
  projectName,
  subscriptionName,
  tableName,
  topicName,
} from "./names";
import { flagAt, hasAt, numberAt, secondsAt, textAt } from "./read-value";
import { isKnown, readable, same } from "./unknown";
import { collector, labelOf, placeIn, type Walk, type World } from "./world";

/** A subscription, its names in full. */
interface Subscription {
  readonly item: Item;
  readonly name: string;
  readonly topic: string;
}

const nameOf = (item: Item): string => subscriptionName(argument(item, "name"), item.project);

const subscriptionsOf = (world: World): readonly Subscription[] =>
  world
    .ofType("google_pubsub_subscription")
    .filter(({ mode }) => mode === "managed")
    .map((item) => ({ item, name: nameOf(item), topic: topicName(argument(item, "topic"), item.project) }));

const deadLetterTopicOf = ({ config, project }: Item): string | undefined => {
  const topic = textAt(config, "dead_letter_policy.dead_letter_topic");
  return topic === undefined ? undefined : topicName(topic, project);
};

const WEEK_SECONDS = 7 * 86_400;
/** google/pubsub/v1/pubsub.proto: `Subscription.message_retention_duration`, `.ack_deadline_seconds`. */
const DEFAULT_RETENTION_SECONDS = WEEK_SECONDS;
const DEFAULT_ACK_SECONDS = 10;

const retentionOf = ({ config }: Item): number | undefined =>
  secondsAt(config, "message_retention_duration", DEFAULT_RETENTION_SECONDS);

/** Topics to subscriptions, subscriptions to targets, and what becomes of what nobody takes. */
export const walkPubSub: Walk = (world) => {
  const found = collector();
  const subscriptions = subscriptionsOf(world);
  const parked = world.workloads.flatMap(({ environment }) => environment.get("MILLRACE_DEAD_LETTER_TOPIC") ?? []);
  const forwarded = subscriptions.map(({ item }) => deadLetterTopicOf(item)).filter((topic) => topic !== undefined);
  const streamed = world.workloads
    .filter(({ kind }) => kind === "dataflow")
    .flatMap(({ environment }) => [...environment.values()]);
  for (const subscription of subscriptions) {
    push(world, subscription, found);
    writes(world, subscription, found);
    deadLetters(world, subscription, subscriptions, found);
    keeping(subscription, { letters: [...forwarded, ...parked], streamed }, found);
  }
  for (const topic of world.ofType("google_pubsub_topic")) {
    const name = topicOf(topic);
    const kept = subscriptions.some((one) => same(one.topic, name) !== "no");
    if (!kept && parked.includes(name) && !forwarded.includes(name))
      found.fault({
        code: "MR4407",
        at: topic,
        problem: `${readable(name)} is where a handler parks what no retry will mend, and has no subscription that would keep it`,
        fix: "subscribe to it, with a retention of 14 to 31 days",
      });
    for (const keeper of subscriptions)
      if (parked.includes(name) && !forwarded.includes(name) && same(keeper.topic, name) === "yes")
        keptAWeek(keeper.item, found);
  }
  return found;
};

type Collector = ReturnType<typeof collector>;

function push(world: World, { item, name }: Subscription, { need, needs, faults, fault }: Collector): void {
  const { config } = item;
  const url = textAt(config, "push_config.push_endpoint");
  if (url === undefined) return;
  const email = textAt(config, "push_config.oidc_token.service_account_email");
  const waitsSeconds = numberAt(config, "ack_deadline_seconds", DEFAULT_ACK_SECONDS);
  const audience = textAt(config, "push_config.oidc_token.audience");
  const call = walkCall(world, {
    what: "push",
    from: "pubsub",
    at: item,
    url,
    ...(email !== undefined && { email }),
    ...(audience !== undefined && { audience }),
    ...(waitsSeconds !== undefined && { waitsSeconds: waitsSeconds || DEFAULT_ACK_SECONDS }),
    impatient: "the message is delivered again while it is still being handled",
    otherwise: "no message is handled",
  });
  needs.push(...call.needs);
  faults.push(...call.faults);
  if (email !== undefined) need(tokensNeed(item, email, agentOf("pubsub", item, world), "pushes"));
  if (flagAt(config, "enable_exactly_once_delivery")) exactlyOnce(item, name, "pushes", fault);
  const told = call.target?.environment.get("MILLRACE_DEADLINE_MS");
  if (told !== undefined && isKnown(told) && waitsSeconds !== undefined && Number(told) !== waitsSeconds * 1_000)
    fault({
      code: "MR4425",
      at: item,
      problem: `waits ${waitsSeconds} s, but MILLRACE_DEADLINE_MS tells the runtime of ${labelOf(call.target!.item)} ${told} ms`,
      fix: "leave MILLRACE_DEADLINE_MS to the constructs, or set both alike",
      got: told,
      want: String(waitsSeconds * 1_000),
    });
}

const exactlyOnce = (item: Item, name: string, how: string, fault: Collector["fault"]): void =>
  fault({
    code: "MR4414",
    at: item,
    problem: `${readable(name)} ${how} and asks for exactly-once delivery, which pull alone has`,
    fix: "drop enable_exactly_once_delivery and make the handler idempotent, or pull",
  });

/** Subscriptions that Pub/Sub itself writes to a table or to files. */
function writes(world: World, { item, name }: Subscription, { need, fault }: Collector): void {
  const { config } = item;
  const table = textAt(config, "bigquery_config.table");
  const bucket = textAt(config, "cloud_storage_config.bucket");
  if (table === undefined && bucket === undefined) return;
  const block = table === undefined ? "cloud_storage_config" : "bigquery_config";
  const email = textAt(config, `${block}.service_account_email`);
  const agent = agentOf("pubsub", item, world);
  const common = {
    who: memberOf(email ?? agent),
    at: item,
    before: [{ item, otherwise: "Google may refuse the subscription" }],
  };
  const actions =
    table === undefined ? (["createObjects", "describeBucket"] as const) : (["writeRows", "describeTable"] as const);
  const on = table === undefined ? placeIn(bucketName(bucket!), item.project) : tablePlace(table, item.project);
  for (const action of actions)
    need({
      ...common,
      code: "MR4416",
      path: `${labelOf(item)} writes messages to ${readable(on.name)}`,
      otherwise: "no message is written",
      action,
      on,
    });
  if (email !== undefined) need(tokensNeed(item, email, agent, "writes"));
  if (flagAt(config, "enable_exactly_once_delivery")) exactlyOnce(item, name, "writes", fault);
  const longest = secondsAt(config, "cloud_storage_config.max_duration", undefined);
  const waits = numberAt(config, "ack_deadline_seconds", DEFAULT_ACK_SECONDS);
  if (longest !== undefined && waits !== undefined && longest > waits)
    fault({
      code: "MR4415",
      at: item,
      problem: `finishes a file after up to ${longest} s, but its messages come again after ${waits} s`,
      fix: `raise ack_deadline_seconds to ${longest}, or lower max_duration`,
      got: `${longest} s`,
      want: `≤ ${waits} s`,
    });
}

/** `{project}.{dataset}.{table}`; a project id may hold dots. */
function tablePlace(table: string, project: string) {
  const [, home = project, dataset = "", id = ""] = /^(.+)[.:]([^.]+)\.([^.]+)$/.exec(table) ?? [];
  const name = datasetName(dataset, home);
  return { name: tableName(name, id), within: [name, projectName(home)] };
}

function deadLetters(
  world: World,
  { item, name, topic }: Subscription,
  subscriptions: readonly Subscription[],
  { need, fault }: Collector,
): void {
  const deadLetterTopic = deadLetterTopicOf(item);
  if (deadLetterTopic === undefined) return;
  // The agent is the one of the subscription's project, wherever the topics are.
  const agent = memberOf(agentOf("pubsub", item, world));
  const project = deadLetterTopic.split("/")[1] ?? item.project;
  const common = {
    code: "MR4406",
    path: `${labelOf(item)} forwards what cannot be delivered to ${readable(deadLetterTopic)}`,
    otherwise: "nothing is dead-lettered, without a word, and messages come again until they expire",
    who: agent,
    at: item,
  } as const;
  need({
    ...common,
    action: "publish",
    on: placeIn(deadLetterTopic, project),
    before: [{ item, otherwise: "the first dead letters may not be forwarded" }],
  });
  need({ ...common, action: "subscribe", on: placeIn(name, item.project) });
  if (same(deadLetterTopic, topic) === "yes")
    fault({
      code: "MR4408",
      at: item,
      problem: `its dead letters go to its own topic ${readable(topic)}, and come back for ever`,
      fix: "give it a dead-letter topic of its own",
    });
  const keepers = subscriptions.filter((one) => same(one.topic, deadLetterTopic) !== "no");
  const made = world.ofType("google_pubsub_topic").some((one) => same(topicOf(one), deadLetterTopic) === "yes");
  if (made && keepers.length === 0)
    fault({
      code: "MR4407",
      at: item,
      problem: `its dead-letter topic ${readable(deadLetterTopic)} has no subscription, so dead letters are dropped`,
      fix: "subscribe to the dead-letter topic, with a retention of 14 to 31 days",
    });
  if (made)
    for (const keeper of keepers)
      if (keeper.item !== item && same(keeper.topic, deadLetterTopic) === "yes")
        keptLongEnough(item, keeper, fault, world);
}

const topicOf = (item: Item): string => topicName(argument(item, "name"), item.project);

function keptLongEnough(source: Item, keeper: Subscription, fault: Collector["fault"], world: World): void {
  const [wait, kept] = [retentionOf(source), retentionOf(keeper.item)];
  if (wait !== undefined && kept !== undefined && kept < Math.max(wait, WEEK_SECONDS))
    fault({
      code: "MR4409",
      severity: "warning",
      at: keeper.item,
      problem: `keeps dead letters of ${labelOf(source)} for ${kept} s, shorter than ${kept < wait ? "the messages they were" : "a week"}`,
      fix: "keep dead letters for 14 to 31 days",
      got: `${kept}s`,
      want: `≥ ${Math.max(wait, WEEK_SECONDS)}s`,
    });
  if (keeper.item.stack === source.stack && !world.waitsFor(source, keeper.item))
    fault({
      code: "MR4442",
      severity: "warning",
      at: source,
      problem: `may be made before ${labelOf(keeper.item)}, which keeps its dead letters: the first ones may be dropped`,
      fix: `add ${labelOf(keeper.item)} to its depends_on`,
    });
}

/** Dead letters of a handler that nothing forwards for: nobody looks at them every day. */
function keptAWeek(keeper: Item, { fault }: Collector): void {
  const kept = retentionOf(keeper);
  if (kept === undefined || kept >= WEEK_SECONDS) return;
  fault({
    code: "MR4409",
    severity: "warning",
    at: keeper,
    problem: `keeps what a handler parks for ${kept} s, shorter than a week`,
    fix: "keep dead letters for 14 to 31 days",
    got: `${kept}s`,
    want: `≥ ${WEEK_SECONDS}s`,
  });
}

interface Surroundings {
  /** Topics of dead letters. */
  readonly letters: readonly string[];
  /** What jobs of Dataflow are told to read. */
  readonly streamed: readonly string[];
}

function keeping({ item, name, topic }: Subscription, { letters, streamed }: Surroundings, { fault }: Collector): void {
  const { config } = item;
  const warn = { severity: "warning", at: item } as const;
  const last = letters.some((one) => same(one, topic) !== "no");
  // Dataflow gives healthy messages back when workers come and go, so that Pub/Sub would take those away (decision 12).
  const paced = streamed.some((one) => same(one, name) === "yes");
  if (hasAt(config, "dead_letter_policy") === false && !last && !paced)
    fault({
      ...warn,
      code: "MR4411",
      problem: "has no dead-letter policy: what nobody can handle comes again until it expires, and is gone",
      fix: "set a dead_letter_policy, and grant Pub/Sub's agent publisher on its topic and subscriber on the subscription",
    });
  if (hasAt(config, "retry_policy") === false && hasAt(config, "dead_letter_policy") === true)
    fault({
      ...warn,
      code: "MR4412",
      problem: "has no retry policy: a short outage uses up every delivery attempt within seconds",
      fix: "set a retry_policy, for example from 10s to 600s",
    });
  const expires = secondsAt(config, "expiration_policy.ttl", "unset");
  if (hasAt(config, "expiration_policy") === false || (typeof expires === "number" && last))
    fault({
      ...warn,
      code: "MR4410",
      problem: `is deleted with its messages after ${typeof expires === "number" ? `${expires} s` : "31 days"} without a consumer`,
      fix: 'set expiration_policy { ttl = "" }',
    });
}
