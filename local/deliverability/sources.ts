import { agentOf, workloadAt } from "./workloads";
import { excludedFault, tokensNeed } from "./calls";
import type { Item } from "./landscape";
import { argument, bucketName, memberOf, projectName, regional, topicName } from "./names";
import { blocksAt, textAt } from "./read-value";
import { isKnown, readable, same, unknown } from "./unknown";
import { collector, labelOf, placeIn, type Walk, type World } from "./world";

/** What Google itself publishes or routes: buckets, alerts, log sinks, Eventarc. */
export const walkSources: Walk = (world) => {
  const found = collector();
  for (const item of world.ofType("google_storage_notification")) notification(world, item, found);
  for (const item of world.ofType("google_monitoring_notification_channel")) channel(world, item, found);
  for (const item of world.ofType("google_logging_project_sink")) sink(item, found);
  for (const item of world.ofType("google_eventarc_trigger")) trigger(world, item, found);
  for (const item of world.ofType("google_cloudfunctions2_function")) functionTrigger(world, item, found);
  return found;
};

type Collector = ReturnType<typeof collector>;

const projectOfTopic = (topic: string, item: Item): string => topic.split("/")[1] ?? item.project;

function notification(world: World, item: Item, { need }: Collector): void {
  const bucket = bucketName(argument(item, "bucket"));
  const home = world
    .ofType("google_storage_bucket")
    .find((one) => same(bucketName(argument(one, "name")), bucket) === "yes");
  const written = textAt(item.config, "topic") ?? unknown(`${item.key}.topic`);
  const topic = topicName(written.replace(/^\/\/pubsub\.googleapis\.com\//, ""), (home ?? item).project);
  need({
    code: "MR4405",
    path: `Cloud Storage publishes what happens in ${readable(bucket)} to ${readable(topic)}`,
    otherwise: "Google refuses the notification",
    who: memberOf(agentOf("storage", home ?? item, world)),
    action: "publish",
    on: placeIn(topic, projectOfTopic(topic, item)),
    at: item,
    before: [{ item, otherwise: "Google refuses a notification to a topic that Cloud Storage may not publish to" }],
  });
}

function channel(world: World, item: Item, { need }: Collector): void {
  const topic = textAt(item.config, "labels.topic");
  if (textAt(item.config, "type") !== "pubsub" || topic === undefined) return;
  need({
    code: "MR4405",
    path: `Cloud Monitoring publishes notifications to ${readable(topic)}`,
    otherwise: "nobody is told of an alert",
    who: memberOf(agentOf("notifications", item, world)),
    action: "publish",
    on: placeIn(topicName(topic, item.project), projectOfTopic(topic, item)),
    at: item,
    before: [{ item, otherwise: "the first notifications may be lost" }],
  });
}

function sink(item: Item, { need }: Collector): void {
  const topic = /^pubsub\.googleapis\.com\/(.+)$/.exec(textAt(item.config, "destination") ?? "")?.[1];
  if (topic === undefined) return;
  const writer = textAt(item.attributes, "writer_identity") ?? unknown(`${labelOf(item)}.writer_identity`);
  need({
    code: "MR4405",
    path: `${labelOf(item)} publishes log entries to ${readable(topic)}`,
    otherwise: "the entries are lost",
    who: writer,
    action: "publish",
    on: placeIn(topic, projectOfTopic(topic, item)),
    at: item,
  });
}

const PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";

function trigger(world: World, item: Item, { need, fault }: Collector): void {
  const { config } = item;
  const type = blocksAt(config, "matching_criteria")
    .filter((block) => textAt(block, "attribute") === "type")
    .map((block) => textAt(block, "value"))[0];
  const email = textAt(config, "service_account");
  if (email === undefined) {
    fault({
      code: "MR4424",
      severity: "warning",
      at: item,
      problem: "calls its target as the default account",
      fix: "set service_account to an account of its own",
    });
    return;
  }
  const account = email.split("/").at(-1)!;
  need(tokensNeed(item, account, agentOf("pubsub", item, world), "calls"));
  agent(world, item, { need });
  events(world, item, type, account, { need });
  destination(world, item, account, { need, fault });
}

type Needs = Pick<Collector, "need">;
type Finds = Pick<Collector, "need" | "fault">;

/** Google gives its agent the role with the first trigger, which in a fresh project is too late for that one. */
function agent(world: World, item: Item, { need }: Needs): void {
  const fresh = world
    .ofType("google_project_service")
    .some(({ config }) => textAt(config, "service") === "eventarc.googleapis.com");
  if (!fresh) return;
  need({
    code: "MR4426",
    severity: "warning",
    path: `Eventarc makes what carries the events of ${labelOf(item)}`,
    otherwise: "in a fresh project its first trigger is refused",
    who: memberOf(agentOf("eventarc", item, world)),
    action: "beEventarc",
    on: { name: projectName(item.project), within: [] },
    at: item,
    before: [{ item, otherwise: "in a fresh project it is refused" }],
  });
}

/** What an identity needs in order to get events of a type, and their source in order to send them. */
function events(world: World, item: Item, type: string | undefined, email: string, { need }: Needs): void {
  const on = { name: projectName(item.project), within: [] };
  const before = [{ item, otherwise: "Google may refuse the trigger" }];
  if (type === undefined || !isKnown(type) || type === PUBLISHED) return;
  need({
    code: "MR4426",
    path: `${labelOf(item)} receives ${type} as ${readable(email)}`,
    otherwise: "no event arrives",
    who: memberOf(email),
    action: "receiveEvents",
    on,
    at: item,
    before,
  });
  if (!type.startsWith("google.cloud.storage.")) return;
  need({
    code: "MR4405",
    path: `Cloud Storage publishes events of ${labelOf(item)} to the topic that Eventarc makes`,
    otherwise: "Google refuses the trigger, or no event arrives",
    who: memberOf(agentOf("storage", item, world)),
    action: "publish",
    on,
    at: item,
    before,
  });
}

function destination(world: World, item: Item, email: string, { need, fault }: Finds): void {
  const { config } = item;
  const service = textAt(config, "destination.cloud_run_service.service");
  const workflow = textAt(config, "destination.workflow");
  const uri = textAt(config, "destination.http_endpoint.uri");
  const common = { who: memberOf(email), at: item, code: "MR4401" } as const;
  const before = [{ item, otherwise: "the first events may be answered 403" }];
  const region = textAt(config, "destination.cloud_run_service.region") ?? textAt(config, "location");
  const called =
    service === undefined
      ? workloadAt(world.workloads, uri ?? "")?.name
      : regional(
          { ...item, attributes: { name: service, location: region ?? null }, config: { name: service } },
          "services",
        );
  const target = called === undefined ? undefined : world.workloads.find(({ name }) => same(name, called) === "yes");
  if (target) excludedFault(world, target, "eventarc", item).forEach(fault);
  if (called !== undefined)
    need({
      ...common,
      path: `${labelOf(item)} calls ${readable(called)} as ${readable(email)}`,
      otherwise: "every event is answered 403, and gone after a day",
      action: "invoke",
      on: placeIn(called, item.project),
      before,
    });
  if (workflow !== undefined)
    need({
      ...common,
      path: `${labelOf(item)} starts ${readable(workflow)} as ${readable(email)}`,
      otherwise: "no execution starts, and events are gone after a day",
      action: "execute",
      on: placeIn(workflow, item.project),
      before,
    });
}

/** A function's own trigger: a hidden one of Eventarc, which calls the service under the function. */
function functionTrigger(world: World, item: Item, { need, fault }: Collector): void {
  const { config } = item;
  const type = textAt(config, "event_trigger.event_type");
  if (blocksAt(config, "event_trigger").length === 0) return;
  const email = textAt(config, "event_trigger.service_account_email");
  const retry = textAt(config, "event_trigger.retry_policy");
  if (retry === undefined || (isKnown(retry) && retry !== "RETRY_POLICY_RETRY"))
    fault({
      code: "MR4411",
      severity: "warning",
      at: item,
      problem: "its trigger does not retry: an event whose handler fails is gone",
      fix: "set retry_policy to RETRY_POLICY_RETRY, or push to the function from a subscription with a dead-letter policy",
    });
  const target = world.workloads.find((workload) => workload.item === item);
  if (target) excludedFault(world, target, "eventarc", item).forEach(fault);
  if (email === undefined) return;
  events(world, item, type, email, { need });
  need({
    code: "MR4401",
    path: `the trigger of ${labelOf(item)} calls it as ${readable(email)}`,
    otherwise: "every event is answered 403",
    who: memberOf(email),
    action: "invoke",
    on: placeIn(regional(item, "services"), item.project),
    at: item,
  });
}
