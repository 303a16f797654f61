import * as fc from "fast-check";
import { z } from "zod";
import {
  attribute,
  type ConsumerProps,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  FirestoreDatabase,
  grantsOf,
  MillraceStack,
  NotificationChannel,
  ServiceAccount,
  Topic,
} from "../../../constructs";
import { type ContractSpec, defineContract } from "../../../contract";
import { codesOf, issuesOf, plan, planOf, STACK, testApp, testStack } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;

const contractOf = (spec: Partial<ContractSpec<z.ZodObject>> = {}) =>
  defineContract({
    name: "charge",
    input: z.object({}),
    key: (_input, event) => event.id,
    effects: "at-least-once",
    ...spec,
  });

const consumer = (spec: Partial<ContractSpec<z.ZodObject>> = {}, options: Partial<ConsumerProps> = {}) =>
  ({ contract: contractOf(spec), runOn: "service", image, ...options }) as ConsumerProps;

const pipeline = (stack: MillraceStack, props: Partial<EventDrivenPipelineProps> = {}) =>
  new EventDrivenPipeline(stack, "Orders", { consumers: [consumer()], ...props });

/** Variables of the one service of a plan. */
function variablesOf(result: ReturnType<typeof plan>): Record<string, string> {
  const { template } = result.one("google_cloud_run_v2_service");
  const variables = template.containers[0].env as readonly { readonly name: string; readonly value: string }[];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

describe("a pipeline", () => {
  it("derives delivery from the contract", () => {
    const spec = {
      timeLimit: "2m",
      retry: { attempts: 12, minBackoff: "5s", maxBackoff: "90s" },
      concurrency: 7,
    } as const;
    const result = plan((stack) => pipeline(stack, { consumers: [consumer(spec)] }));
    expect(result.one("google_pubsub_subscription", { name: "web-dev-charge" })).toMatchObject({
      ack_deadline_seconds: 125,
      retry_policy: { minimum_backoff: "5s", maximum_backoff: "90s" },
      dead_letter_policy: { max_delivery_attempts: 14 },
    });
    expect(result.one("google_cloud_run_v2_service")["template"]).toMatchObject({
      timeout: "125s",
      max_instance_request_concurrency: 7,
    });
  });

  it("keeps the derived numbers within Pub/Sub's bounds, and the handler's within those", () => {
    const spec = fc.record({ seconds: fc.integer({ min: 1, max: 595 }), attempts: fc.integer({ min: 1, max: 90 }) });
    fc.assert(
      fc.property(spec, ({ seconds, attempts }) => {
        const consumers = [consumer({ timeLimit: `${seconds}s`, retry: { attempts } })];
        const result = plan((stack) => pipeline(stack, { consumers }));
        const subscription = result.one("google_pubsub_subscription", { name: "web-dev-charge" });
        const deadline = subscription["ack_deadline_seconds"];
        expect(deadline).toBe(Math.max(10, seconds + 5));
        expect(result.one("google_cloud_run_v2_service")["template"].timeout).toBe(`${deadline}s`);
        expect(subscription["dead_letter_policy"].max_delivery_attempts).toBe(Math.max(5, attempts + 2));
        expect(variablesOf(result)["MILLRACE_DEADLINE_MS"]).toBe(String(deadline * 1000));
      }),
      { numRuns: 25 },
    );
  });

  it("tells the runtime what it must know", () => {
    const stack = testStack();
    const { consumers } = pipeline(stack);
    const result = planOf(stack);
    expect(variablesOf(result)).toMatchObject({
      MILLRACE_ENV: "dev",
      MILLRACE_CONTRACT_HASH: contractOf().hash,
      MILLRACE_DEADLINE_MS: "65000",
      MILLRACE_MAX_DELIVERY_ATTEMPTS: "10",
      MILLRACE_AUTH: "platform",
      MILLRACE_AUDIENCE: consumers["charge"]!.workload.audience,
      MILLRACE_CALLERS: "web-dev-charge-push@acme-dev.iam.gserviceaccount.com",
      MILLRACE_STORE: "firestore",
      MILLRACE_FIRESTORE_DATABASE: "projects/acme-dev/databases/(default)",
      MILLRACE_DEAD_LETTER_TOPIC: "projects/acme-dev/topics/web-dev-charge-dead-letter",
    });
    expect(
      result.one("google_pubsub_subscription", { name: "web-dev-charge" })["push_config"].oidc_token.audience,
    ).toBe(consumers["charge"]!.workload.audience);
  });

  it("gives every consumer its own subscription, identity, dead letters and filter", () => {
    const names = ["charge", "ship"];
    const result = plan((stack) =>
      pipeline(stack, {
        consumers: names.map((name) => consumer({ name }, { filter: attribute("for").is(name) })),
      }),
    );
    for (const name of names) {
      const subscription = result.one("google_pubsub_subscription", { name: `web-dev-${name}` });
      const caller = result.address("google_service_account", { account_id: `web-dev-${name}-push` });
      expect(subscription["filter"]).toBe(`attributes.for = "${name}"`);
      expect(subscription["push_config"].oidc_token.service_account_email).toBe(`\${${caller}.email}`);
      result.one("google_service_account", { account_id: `web-dev-${name}` });
      result.one("google_pubsub_subscription", { name: `web-dev-${name}-dead-letter` });
    }
    expect(result.all("google_cloud_run_v2_service_iam_member")).toHaveLength(2);
  });

  it("delivers nothing before the handler may be invoked, park messages and keep records", () => {
    const result = plan((stack) => pipeline(stack));
    const { depends_on } = result.one("google_pubsub_subscription", { name: "web-dev-charge" });
    const workload = `serviceAccount:\${${result.address("google_service_account", { account_id: "web-dev-charge" })}.email}`;
    expect(depends_on).toEqual(
      expect.arrayContaining([
        result.address("google_cloud_run_v2_service"),
        result.address("google_cloud_run_v2_service_iam_member", { role: "roles/run.invoker" }),
        result.address("google_pubsub_topic_iam_member", { member: workload }),
        result.address("google_project_iam_member", { member: workload, role: "roles/datastore.user" }),
      ]),
    );
  });

  it("lets publishers in once every consumer can receive and dead-letter", () => {
    const result = plan((stack) =>
      pipeline(stack, {
        consumers: [consumer(), consumer({ name: "ship" })],
        publishers: [new ServiceAccount(stack, "Shop")],
      }),
    );
    const shop = `serviceAccount:\${${result.address("google_service_account", { account_id: "web-dev-shop" })}.email}`;
    const grant = result.one("google_pubsub_topic_iam_member", { member: shop });
    expect(grant["role"]).toBe("roles/pubsub.publisher");
    expect(grant["depends_on"]).toEqual(
      ["charge", "ship"].flatMap((name) => {
        const [subscription] = Object.entries(result.resources("google_pubsub_subscription")).find(
          ([, attributes]) => attributes["name"] === `web-dev-${name}`,
        )!;
        return [
          `google_pubsub_subscription.${subscription}`,
          result.address("google_pubsub_subscription_iam_member", {
            subscription: `\${google_pubsub_subscription.${subscription}.name}`,
          }),
        ];
      }),
    );
  });

  it("orders deliveries when the contract asks for it", () => {
    const ordered = consumer({ order: true }, { acknowledge: [{ code: "MR1128", reason: "a gap is fine" }] });
    const { one } = plan((stack) => {
      pipeline(stack, { consumers: [ordered] });
    });
    expect(one("google_pubsub_subscription", { name: "web-dev-charge" })["enable_message_ordering"]).toBe(true);
    expect(codesOf((stack) => pipeline(stack, { consumers: [ordered] }), { deletionProtection: false })).toEqual([]);
  });

  it("can read from a topic made elsewhere", () => {
    const name = "projects/other/topics/orders";
    const result = plan((stack) => pipeline(stack, { topic: Topic.fromExisting(stack, "Source", name) }));
    expect(result.one("google_pubsub_subscription", { name: "web-dev-charge" })["topic"]).toBe(name);
    expect(result.all("google_pubsub_topic").map(({ name }) => name)).toEqual(["web-dev-charge-dead-letter"]);
  });

  it("can deploy a workload of another kind", () => {
    const { consumers } = pipeline(testStack(), {
      consumers: [
        {
          contract: contractOf(),
          runOn: (scope, id) => ({
            serviceAccount: new ServiceAccount(scope, id),
            pushEndpoint: "https://orders.example.com",
            audience: "https://orders.example.com",
            dependables: [],
            grantInvoke: () => undefined,
            addEnvironment: () => undefined,
            extendEnvironment: () => undefined,
          }),
        },
      ],
    });
    expect(consumers["charge"]!.workload.audience).toBe("https://orders.example.com");
  });
});

describe("the store of a pipeline", () => {
  it("is one database for the stack, whose records and outbox expire", () => {
    const result = plan((stack) => {
      pipeline(stack, { consumers: [consumer(), consumer({ name: "ship" })] });
      new EventDrivenPipeline(stack, "Returns", { consumers: [consumer({ name: "refund" })] });
    });
    expect(result.all("google_firestore_database")).toHaveLength(1);
    expect(result.all("google_firestore_field").map(({ collection, field }) => [collection, field])).toEqual([
      ["millrace-records", "expireAt"],
      ["millrace-outbox", "expireAt"],
    ]);
  });

  it("can be given", () => {
    const result = plan((stack) =>
      pipeline(stack, { store: new FirestoreDatabase(stack, "Main", { databaseId: "main" }) }),
    );
    expect(variablesOf(result)["MILLRACE_FIRESTORE_DATABASE"]).toBe("projects/acme-dev/databases/main");
    expect(result.all("google_firestore_database")).toMatchObject([{ name: "main" }]);
  });

  it("is not made when no contract needs one, which is questioned", () => {
    const build = (stack: MillraceStack) => pipeline(stack, { consumers: [consumer({ store: "memory" })] });
    const result = plan(build);
    expect(result.all("google_firestore_database")).toEqual([]);
    expect(variablesOf(result)["MILLRACE_FIRESTORE_DATABASE"]).toBeUndefined();
    expect(issuesOf(build, { deletionProtection: false })).toMatchObject([
      { code: "MR1503", severity: "warning", path: "web-dev/Orders/charge" },
    ]);
  });
});

describe("a pipeline in another stack than its topic", () => {
  const app = testApp();
  const shared = new MillraceStack(app, { ...STACK, app: "shared" });
  const own = new MillraceStack(app, { ...STACK, deletionProtection: false });
  const topic = new Topic(shared, "Placed");
  const shop = new ServiceAccount(shared, "Shop");
  pipeline(own, { topic, publishers: [shop] });
  const [sharedPlan, ownPlan] = [planOf(shared), planOf(own)];

  it("refers to it by the other stack's state, in one direction", () => {
    expect(ownPlan.one("google_pubsub_subscription", { name: "web-dev-charge" })["topic"]).toMatch(
      /^\$\{data\.terraform_remote_state\.[\w-]+\.outputs\./,
    );
    expect(own.dependsOn(shared)).toBe(true);
    expect(shared.dependsOn(own)).toBe(false);
  });

  it("waits for nothing that its own stack does not have", () => {
    for (const { addresses, resources } of [sharedPlan, ownPlan])
      for (const address of addresses) {
        const [type, name] = address.split(".") as [string, string];
        expect(addresses).toEqual(expect.arrayContaining(resources(type)[name]!["depends_on"] ?? []));
      }
  });

  it("grants to a publisher where both are", () => {
    expect(sharedPlan.all("google_pubsub_topic_iam_member")).toMatchObject([{ role: "roles/pubsub.publisher" }]);
  });

  it("grants its own identities in its own stack", () => {
    const third = new MillraceStack(app, { ...STACK, app: "third" });
    topic.grantPublish(new ServiceAccount(third, "Replay"));
    const grants = planOf(third).all("google_pubsub_topic_iam_member");
    expect(grants).toMatchObject([{ topic: expect.stringContaining("terraform_remote_state") }]);
    expect(grantsOf(third)).toMatchObject([{ resource: "projects/acme-dev/topics/shared-dev-placed" }]);
  });
});

describe("the grants of a pipeline", () => {
  const stack = testStack();
  pipeline(stack, {
    publishers: [new ServiceAccount(stack, "Shop")],
    notify: [new NotificationChannel(stack, "Ops", { kind: "email", address: "ops@example.com" })],
  });
  const result = planOf(stack);

  it("give nothing on the project but the one role that Google has nowhere else, narrowed to the database", () => {
    expect(result.all("google_project_iam_member")).toMatchObject([
      { role: "roles/datastore.user", condition: { expression: expect.stringContaining("databases/(default)") } },
    ]);
  });

  it("are members, never bindings or policies, and never for everybody or a default account", () => {
    expect(result.addresses.filter((address) => /_iam_(binding|policy)\./.test(address))).toEqual([]);
    expect(result.text).not.toMatch(/allUsers|allAuthenticatedUsers|-compute@developer|@appspot/);
  });

  it("are all in the report, each with its reason", () => {
    const members = result.addresses.filter((address) => address.includes("_iam_member."));
    const records = grantsOf(stack);
    expect(records).toHaveLength(members.length);
    for (const { principal, resource, reasons } of records) {
      expect(`${principal} ${resource}`).not.toContain("TfToken");
      expect(reasons.length).toBeGreaterThan(0);
    }
  });
});

describe("a pipeline whose parts contradict each other", () => {
  const unprotected = { deletionProtection: false };

  it("says which handler would outlast its delivery", () => {
    const [issue] = issuesOf((stack) => pipeline(stack, { consumers: [consumer({ timeLimit: "900s" })] }), unprotected);
    expect(issue).toMatchObject({
      code: "MR1012",
      path: "web-dev/Orders/charge",
      problem:
        "handler limit 900 s, with a margin of 5 s, is longer than the ack deadline 600 s; the message would be redelivered while it is still being handled",
      got: "900s",
      want: "≤ 595s",
    });
  });

  it.each<[string, string, Partial<EventDrivenPipelineProps>]>([
    ["MR1012", "a handler one second too long", { consumers: [consumer({ timeLimit: "596s" })] }],
    [
      "MR1117",
      "a filter over 256 bytes",
      { consumers: [consumer({}, { filter: attribute("k").is("x".repeat(256)) })] },
    ],
    ["MR1118", "a broken filter", { consumers: [consumer({}, { filter: "attributes.k = " })] }],
    ["MR1128", "ordering with dead letters", { consumers: [consumer({ order: true })] }],
    ["MR1131", "dead letters kept briefly", { consumers: [consumer({}, { deadLetterRetention: "1d" })] }],
    ["MR1501", "no consumers", { consumers: [] }],
    ["MR1505", "one request at a time", { consumers: [consumer({}, { maxInstances: 1, concurrency: 1 })] }],
    ["MR1502", "two consumers of one name", { consumers: [consumer(), consumer()] }],
    [
      "MR1504",
      "messages that outlive their records",
      { consumers: [consumer({ remember: "10d" }, { retention: "14d" })] },
    ],
  ])("reports %s for %s", (code, _what, props) => {
    expect(codesOf((stack) => pipeline(stack, props), unprotected)).toEqual([code]);
  });

  it("reports alarms that tell nobody, where the stack is protected and they are wanted", () => {
    expect(codesOf((stack) => pipeline(stack))).toEqual(["MR1702"]);
    expect(codesOf((stack) => pipeline(stack, { alarms: false }))).toEqual([]);
    expect(codesOf((stack) => pipeline(stack), unprotected)).toEqual([]);
  });

  it("reports names that another pipeline of the stack has taken", () => {
    const issues = issuesOf((stack) => {
      pipeline(stack);
      new EventDrivenPipeline(stack, "Again", { consumers: [consumer()] });
    }, unprotected);
    expect(new Set(issues.map(({ code }) => code))).toEqual(new Set(["MR1011"]));
    expect(issues.map(({ problem }) => problem)).toContain(
      'web-dev/Orders/charge/Subscription/Subscription is the subscription "web-dev-charge" already',
    );
  });

  it("reports everything at once", () => {
    const consumers = [consumer({ timeLimit: "900s" }, { filter: "x", deadLetterRetention: "1d" })];
    const codes = codesOf((stack) => pipeline(stack, { consumers }), unprotected);
    expect(codes).toEqual(["MR1012", "MR1118", "MR1131"]);
  });
});
