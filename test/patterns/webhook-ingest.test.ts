import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attribute, findingsOf, NotificationChannel, ServiceAccount } from "../../constructs";
import { audit, pullRequests, pushes } from "../../examples/webhooks/contracts";
import { webhook, WebhookIngest, type WebhookIngestProps } from "../../patterns";
import type { MillraceStack } from "../../constructs";
import { plan, planOf, testStack } from "../support/synth";

const handlersDir = join(__dirname, "../../examples/webhooks");

const CONSUMERS: WebhookIngestProps["consumers"] = [
  {
    contract: pullRequests,
    runOn: "function",
    entry: "pull-requests.handler.ts",
    events: ["pull_request"],
    acknowledge: [{ code: "MR1128", reason: "a pull request can miss an event that was parked" }],
  },
  { contract: pushes, runOn: "service", entry: "pushes.handler.ts", events: ["push", "issues"] },
  { contract: audit, runOn: "service", entry: "audit.handler.ts" },
];

const ingest = (stack: MillraceStack, props: Partial<WebhookIngestProps> = {}) =>
  new WebhookIngest(stack, "Webhooks", {
    consumers: CONSUMERS,
    publishers: [new ServiceAccount(stack, "Receiver")],
    notify: [new NotificationChannel(stack, "Ops", { kind: "email", address: "ops@example.com" })],
    ...props,
  });

describe("webhooks with three consumers", () => {
  const stack = testStack({ handlersDir });
  ingest(stack);
  const findings = findingsOf(stack);
  const result = planOf(stack);

  it("have nothing wrong with them", () => {
    expect([...findings.errors, ...findings.warnings]).toEqual([]);
  });

  it("come in through one topic, which the receiver may publish to", () => {
    const topic = result.address("google_pubsub_topic", { name: "web-dev-webhooks" });
    const receiver = result.address("google_service_account", { account_id: "web-dev-receiver" });
    expect(
      result.one("google_pubsub_topic_iam_member", { member: `serviceAccount:\${${receiver}.email}` }),
    ).toMatchObject({ topic: `\${${topic}.name}`, role: "roles/pubsub.publisher" });
  });

  it.each([
    ["pull-requests", 'attributes.event = "pull_request"', true],
    ["pushes", 'attributes.event = "push" OR attributes.event = "issues"', undefined],
    ["audit", undefined, undefined],
  ])("reach %s by its filter and in its order", (name, filter, ordered) => {
    const subscription = result.one("google_pubsub_subscription", { name: `web-dev-${name}` });
    expect(subscription["filter"]).toBe(filter);
    expect(subscription["enable_message_ordering"]).toBe(ordered);
    expect(subscription).toMatchObject({
      ack_deadline_seconds: 65,
      retry_policy: { minimum_backoff: "1s", maximum_backoff: "10s" },
      dead_letter_policy: { max_delivery_attempts: 8 },
    });
  });

  it("run as one function and two services", () => {
    expect(result.all("google_cloudfunctions2_function").map(({ name }) => name)).toEqual(["web-dev-pull-requests"]);
    const services = new Set(result.all("google_cloud_run_v2_service").map(({ name }) => name));
    expect(services).toEqual(new Set(["web-dev-audit", "web-dev-pushes"]));
  });

  it("let in nobody that was not named, and own no policy", () => {
    expect(result.text).not.toMatch(/allUsers|allAuthenticatedUsers|-compute@developer|@appspot/);
    expect(result.addresses.filter((address) => /_iam_(binding|policy)\./.test(address))).toEqual([]);
  });

  it("keep the addresses they were deployed under", () => {
    // A changed address destroys a resource with everything in it and makes another. UPDATE_GOLDEN=1 accepts that.
    const file = join(__dirname, "../constructs/__golden__/addresses.json");
    if (process.env["UPDATE_GOLDEN"]) writeFileSync(file, `${JSON.stringify(result.addresses, null, 2)}\n`);
    expect(result.addresses).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });

  it("have the same addresses in every environment", () => {
    const prod = testStack({ handlersDir, environment: "prod", region: "europe-north1" });
    ingest(prod);
    expect(planOf(prod).addresses).toEqual(result.addresses);
  });

  it("render the same bytes again", () => {
    const again = testStack({ handlersDir });
    ingest(again);
    expect(planOf(again).text).toBe(result.text);
  });

  it("refer to nothing that is not there", () => {
    const known = new Set(result.addresses);
    const referred = [...result.text.matchAll(/\$\{(?:data\.)?(google_\w+\.[\w-]+)\./g)].map(([, address]) => address!);
    const waitedFor = result.addresses.flatMap((address) => {
      const [type, name] = address.split(".") as [string, string];
      return (result.resources(type)[name]!["depends_on"] ?? []) as string[];
    });
    expect(referred.length).toBeGreaterThan(50);
    expect([...referred, ...waitedFor].filter((address) => !known.has(address))).toEqual([]);
  });

  it("wait for each other in no circle", () => {
    const edges = new Map(
      result.addresses.map((address) => {
        const [type, name] = address.split(".") as [string, string];
        const text = JSON.stringify(result.resources(type)[name]);
        return [address, result.addresses.filter((other) => other !== address && text.includes(other))] as const;
      }),
    );
    const done = new Set<string>();
    const visit = (address: string, path: readonly string[]): void => {
      if (path.includes(address)) throw new Error(`circle: ${[...path, address].join(" → ")}`);
      if (done.has(address)) return;
      for (const next of edges.get(address)!) visit(next, [...path, address]);
      done.add(address);
    };
    for (const address of result.addresses) visit(address, []);
    expect(done.size).toBe(result.addresses.length);
  });
});

describe("the filter of a webhook consumer", () => {
  const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
  const filterOf = (options: Pick<WebhookIngestProps["consumers"][number], "events" | "filter">) =>
    plan((stack) => ingest(stack, { consumers: [{ contract: audit, runOn: "service", image, ...options }] })).one(
      "google_pubsub_subscription",
      { name: "web-dev-audit" },
    )["filter"];

  it("joins its events with its own condition", () => {
    const events = ["push", "issues"];
    const wanted = '(attributes.event = "push" OR attributes.event = "issues") AND attributes.action = "opened"';
    expect(filterOf({ events, filter: webhook.action.is("opened") })).toBe(wanted);
    expect(filterOf({ events, filter: 'attributes.action = "opened"' })).toBe(
      '(attributes.event = "push" OR attributes.event = "issues") AND (attributes.action = "opened")',
    );
    expect(filterOf({ filter: attribute("action").exists() })).toBe("attributes:action");
    expect(filterOf({ events: [] })).toBeUndefined();
  });
});
