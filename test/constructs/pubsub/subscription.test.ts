import * as fc from "fast-check";
import {
  attribute,
  CloudRunService,
  type CloudRunServiceProps,
  DeadLetterTopic,
  endpoint,
  grantsOf,
  type IPushTarget,
  MillraceStack,
  ServiceAccount,
  Subscription,
  type SubscriptionProps,
  Topic,
} from "../../../constructs";
import { findingsOf } from "../../../constructs/core";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, STACK, testApp, testStack } from "../../support/synth";

const AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com";

/** A target whose invoker role is that on a service account: any resource with roles will do here. */
function guarded(stack: MillraceStack): IPushTarget {
  const guard = new ServiceAccount(stack, "Guard");
  return {
    pushEndpoint: "https://orders.example.com/",
    audience: "https://orders.example.com",
    dependables: [],
    grantInvoke: (grantee) => guard.grantActAs(grantee),
  };
}

const subscribe = (stack: MillraceStack, props: Partial<SubscriptionProps> = {}) =>
  new Subscription(stack, "Charge", { topic: new Topic(stack, "Orders"), deadLetter: false, ...props });

describe("a subscription", () => {
  it("keeps messages for a week, never expires and pauses before redeliveries, unless told otherwise", () => {
    const { one, address } = plan((stack) => subscribe(stack));
    expect(one("google_pubsub_subscription")).toMatchObject({
      name: "web-dev-charge",
      topic: `\${${address("google_pubsub_topic")}.id}`,
      ack_deadline_seconds: 10,
      message_retention_duration: "604800s",
      expiration_policy: { ttl: "" },
      retry_policy: { minimum_backoff: "10s", maximum_backoff: "600s" },
      lifecycle: { prevent_destroy: true },
    });
  });

  it("says what it is told", () => {
    const { one } = plan((stack) =>
      subscribe(stack, {
        name: "charge",
        filter: attribute("kind").is("order"),
        ordering: true,
        ackDeadline: "90s",
        retention: "10d",
        retainAcknowledged: true,
        retry: { minBackoff: "250ms", maxBackoff: "1m" },
        labels: { tier: "gold" },
      }),
    );
    expect(one("google_pubsub_subscription")).toMatchObject({
      filter: 'attributes.kind = "order"',
      enable_message_ordering: true,
      ack_deadline_seconds: 90,
      message_retention_duration: "864000s",
      retain_acked_messages: true,
      retry_policy: { minimum_backoff: "0.25s", maximum_backoff: "60s" },
      labels: { tier: "gold" },
    });
  });

  it("asks for no agent and no google-beta provider while it is pulled and has no dead letters", () => {
    const { json, resources } = plan((stack) => subscribe(stack));
    expect(resources("google_project_service_identity")).toEqual({});
    expect(Object.keys(json["provider"])).toEqual(["google"]);
  });

  it("has exactly-once delivery when it is pulled", () => {
    const { one } = plan((stack) => subscribe(stack, { exactlyOnce: true, ackDeadline: "60s" }));
    expect(one("google_pubsub_subscription")["enable_exactly_once_delivery"]).toBe(true);
  });

  it("lets a grantee consume it and nothing else", () => {
    const { all } = plan((stack) => subscribe(stack).grantConsume(new ServiceAccount(stack, "Worker")));
    expect(all("google_pubsub_subscription_iam_member")).toMatchObject([{ role: "roles/pubsub.subscriber" }]);
  });

  it("made elsewhere can be granted on by its full name", () => {
    const name = "projects/other/subscriptions/shared";
    const { one } = plan((stack) =>
      Subscription.fromExisting(stack, "Shared", name).grantConsume(new ServiceAccount(stack, "Worker")),
    );
    expect(one("google_pubsub_subscription_iam_member")).toMatchObject({ subscription: name, project: "other" });
  });

  it("made elsewhere needs its full name", () => {
    expect(codesOf((stack) => Subscription.fromExisting(stack, "Shared", "shared"))).toEqual(["MR1103"]);
  });
});

describe("a push subscription", () => {
  it("is known to the handler that it pushes to, and to no image that has none", () => {
    const contract = testContract();
    const variables = (props: object) => {
      const { one } = plan(
        (stack) =>
          subscribe(stack, {
            name: "charge",
            ackDeadline: "70s",
            push: { target: new CloudRunService(stack, "Target", props as CloudRunServiceProps) },
          }),
        { handlersDir: handlersOf(contract) },
      );
      const { env = [] } = one("google_cloud_run_v2_service").template.containers[0];
      return env.filter(({ name }: { name: string }) => name === "MILLRACE_CALLERS");
    };
    expect(variables({ contract, entry: "charge.handler.ts" })).toEqual([
      { name: "MILLRACE_CALLERS", value: "web-dev-charge-push@acme-dev.iam.gserviceaccount.com" },
    ]);
    expect(variables({ image: `example.com/app@sha256:${"0".repeat(64)}` })).toEqual([]);
  });

  const pushed = plan((stack) => subscribe(stack, { name: "charge", push: { target: guarded(stack) } }));

  it("signs its calls as an account of its own, for the audience the target expects", () => {
    const identity = pushed.address("google_service_account", { account_id: "web-dev-charge-push" });
    expect(pushed.one("google_pubsub_subscription")["push_config"]).toEqual({
      push_endpoint: "https://orders.example.com/",
      oidc_token: { service_account_email: `\${${identity}.email}`, audience: "https://orders.example.com" },
    });
  });

  it("waits for the right to invoke the target and for the agent's right to make tokens", () => {
    const member = (role: string) => pushed.address("google_service_account_iam_member", { role });
    expect(pushed.one("google_pubsub_subscription")["depends_on"]).toEqual(
      expect.arrayContaining([member("roles/iam.serviceAccountUser"), member("roles/iam.serviceAccountTokenCreator")]),
    );
  });

  it("lets the agent make tokens of that one account, never of the project", () => {
    expect(
      pushed.one("google_service_account_iam_member", { role: "roles/iam.serviceAccountTokenCreator" })["member"],
    ).toBe(AGENT);
    expect(pushed.all("google_project_iam_member")).toEqual([]);
  });

  it("can call as a given account", () => {
    const { one } = plan((stack) => {
      const identity = ServiceAccount.fromExisting(stack, "Caller", "caller@acme-dev.iam.gserviceaccount.com");
      subscribe(stack, { push: { target: endpoint("https://a.example.com"), identity } });
    });
    expect(one("google_pubsub_subscription")["push_config"].oidc_token).toEqual({
      service_account_email: "caller@acme-dev.iam.gserviceaccount.com",
      audience: "https://a.example.com",
    });
  });

  it.each([
    ["wrapped", undefined],
    ["unwrapped", { write_metadata: true }],
    ["unwrapped-without-metadata", { write_metadata: false }],
  ] as const)("sends %s bodies", (body, noWrapper) => {
    const { one } = plan((stack) => subscribe(stack, { push: { target: endpoint("https://a.example.com"), body } }));
    expect(one("google_pubsub_subscription")["push_config"].no_wrapper).toEqual(noWrapper);
  });
});

/** Every kind of subscription there is, with a dead letter. */
const anyKind = fc.record({
  push: fc.constantFrom("pull", "wrapped", "unwrapped", "unwrapped-without-metadata"),
  filter: fc.option(fc.constant('attributes.kind = "order"'), { nil: undefined }),
  ordering: fc.boolean(),
  attempts: fc.integer({ min: 5, max: 100 }),
  existing: fc.boolean(),
  retry: fc.constantFrom("immediate" as const, undefined),
});

describe("a subscription with a dead-letter topic", () => {
  it("of whatever kind lets the agent forward and acknowledge, and waits for the former", () => {
    fc.assert(
      fc.property(anyKind, ({ push, attempts, existing, ...rest }) => {
        const result = plan((stack) => {
          const topic = existing
            ? Topic.fromExisting(stack, "Dead", "projects/other/topics/dead")
            : new DeadLetterTopic(stack, "Dead");
          const body = push === "pull" ? undefined : (push as "wrapped");
          subscribe(stack, {
            ...rest,
            push: body && { target: guarded(stack), body },
            deadLetter: { topic, maxDeliveryAttempts: attempts },
          });
        });
        const publisher = { role: "roles/pubsub.publisher", member: AGENT };
        const [name, subscription] = Object.entries(result.resources("google_pubsub_subscription")).find(
          ([, { dead_letter_policy }]) => dead_letter_policy,
        )!;
        expect(subscription["depends_on"]).toContain(result.address("google_pubsub_topic_iam_member", publisher));
        expect(
          result.one("google_pubsub_subscription_iam_member", { role: "roles/pubsub.subscriber", member: AGENT }),
        ).toMatchObject({ subscription: `\${google_pubsub_subscription.${name}.name}` });
        expect(subscription["dead_letter_policy"].max_delivery_attempts).toBe(attempts);
        for (const grant of result.all("google_pubsub_topic_iam_member"))
          expect(grant["depends_on"]).toEqual([result.address("google_project_service_identity")]);
      }),
      { numRuns: 40 },
    );
  });

  it("is reported when nobody keeps what goes to that topic", () => {
    const [issue] = issuesOf((stack) => subscribe(stack, { deadLetter: { topic: new Topic(stack, "Dead") } }));
    expect(issue).toMatchObject({
      code: "MR1130",
      path: "web-dev/Charge",
      problem: "dead letters go to projects/acme-dev/topics/web-dev-dead, which has no subscription, so they are lost",
    });
  });

  it("is content with a subscription made later", () => {
    const codes = codesOf((stack) => {
      const topic = new Topic(stack, "Dead");
      subscribe(stack, { deadLetter: { topic } });
      new Subscription(stack, "Kept", { topic, deadLetter: false });
    });
    expect(codes).toEqual([]);
  });

  it("has both grants in the report, with their reasons", () => {
    const stack = testStack();
    subscribe(stack, { deadLetter: { topic: new DeadLetterTopic(stack, "Dead") } });
    expect(
      grantsOf(stack).map(({ principal, role, resource, reasons }) => [principal, role, resource, ...reasons]),
    ).toEqual([
      [
        AGENT,
        "roles/pubsub.subscriber",
        "projects/acme-dev/subscriptions/web-dev-charge",
        "acknowledges messages it has forwarded to the dead-letter topic",
      ],
      [
        AGENT,
        "roles/pubsub.publisher",
        "projects/acme-dev/topics/web-dev-dead",
        "forwards messages whose delivery attempts are used up",
      ],
    ]);
  });
});

describe("a subscription that pushes to another project", () => {
  const pushing = (ingress: "internal" | "all", project = "acme-elsewhere") => {
    const app = testApp();
    const elsewhere = new MillraceStack(app, {
      ...STACK,
      app: "other",
      project: { id: project, number: "999999999999" },
    });
    const image = `europe-docker.pkg.dev/acme/images/ledger@sha256:${"0".repeat(64)}`;
    const target = new CloudRunService(elsewhere, "Ledger", { image, ingress, timeout: "10s" });
    const stack = new MillraceStack(app, STACK);
    subscribe(stack, { push: { target } });
    return findingsOf(stack).warnings.filter(({ code }) => code === "MR1129");
  };

  it("is questioned when the target's ingress is internal: Pub/Sub of one project is a stranger in the other", () => {
    expect(pushing("internal")).toMatchObject([
      { code: "MR1129", severity: "warning", path: "web-dev/Charge", got: "acme-dev", want: "acme-elsewhere" },
    ]);
  });

  it("gets through an ingress for all, and through an internal one of its own project", () => {
    expect(pushing("all")).toEqual([]);
    expect(pushing("internal", "acme-dev")).toEqual([]);
  });
});

describe("a subscription that Pub/Sub would refuse or lose messages by", () => {
  const dead = (stack: MillraceStack, maxDeliveryAttempts?: number) => ({
    topic: new DeadLetterTopic(stack, "Dead"),
    maxDeliveryAttempts,
  });
  const slow: IPushTarget = endpoint("https://a.example.com", { requestTimeoutSeconds: 61 });

  it.each<[string, string, (stack: MillraceStack) => Partial<SubscriptionProps>]>([
    ["MR1006", "an ack deadline nobody can read", () => ({ ackDeadline: "soon" as "1s" })],
    ["MR1010", "an illegal name", () => ({ name: "charge!card" })],
    ["MR1110", "an ack deadline below 10 s", () => ({ ackDeadline: "9s" })],
    ["MR1110", "an ack deadline above 600 s", () => ({ ackDeadline: "601s" })],
    ["MR1110", "an ack deadline of half seconds", () => ({ ackDeadline: "10500ms" })],
    ["MR1111", "more than 31 days of retention", () => ({ retention: "32d" })],
    ["MR1114", "4 delivery attempts", (stack) => ({ deadLetter: dead(stack, 4) })],
    ["MR1114", "101 delivery attempts", (stack) => ({ deadLetter: dead(stack, 101) })],
    ["MR1114", "5.5 delivery attempts", (stack) => ({ deadLetter: dead(stack, 5.5) })],
    ["MR1115", "a back-off above 600 s", () => ({ retry: { maxBackoff: "601s" } })],
    ["MR1116", "a shortest back-off above the longest", () => ({ retry: { minBackoff: "60s", maxBackoff: "30s" } })],
    ["MR1119", "exactly-once on push", () => ({ exactlyOnce: true, ackDeadline: "60s", push: { target: slow } })],
    ["MR1120", "exactly-once with a short deadline", () => ({ exactlyOnce: true })],
    ["MR1121", "a push endpoint without TLS", () => ({ push: { target: endpoint("http://a.example.com") } })],
    ["MR1122", "a target slower than the ack deadline", () => ({ ackDeadline: "60s", push: { target: slow } })],
    ["MR1124", "no dead-letter topic and no word about it", () => ({ deadLetter: undefined })],
    ["MR1125", "an hour of retention", () => ({ retention: "1h" })],
    ["MR1127", "immediate redelivery", () => ({ retry: "immediate" })],
    ["MR1127", "a back-off that starts at nothing", () => ({ retry: { minBackoff: "0s" } })],
    ["MR1128", "ordering with a dead-letter topic", (stack) => ({ ordering: true, deadLetter: dead(stack) })],
  ])("reports %s for %s", (code, _what, props) => {
    const codes = codesOf((stack) => subscribe(stack, props(stack)));
    // An endpoint of exactly-once push is also slower than its deadline; all faults are reported at once.
    expect(codes).toContain(code);
    expect(codes.length).toBeLessThanOrEqual(code === "MR1119" ? 2 : 1);
  });

  it("reports an expiration for being one, and for being out of range", () => {
    expect(codesOf((stack) => subscribe(stack, { expiration: "30d" }))).toEqual(["MR1126"]);
    expect(codesOf((stack) => subscribe(stack, { expiration: "3d" }))).toEqual(["MR1113", "MR1126"]);
    expect(codesOf((stack) => subscribe(stack, { expiration: "12h" }))).toEqual(["MR1112", "MR1113", "MR1126"]);
  });

  it("reports a topic that is its own dead-letter topic", () => {
    const codes = codesOf((stack) => {
      const topic = new Topic(stack, "Orders");
      new Subscription(stack, "Charge", { topic, deadLetter: { topic } });
    });
    expect(codes).toEqual(["MR1123"]);
  });

  it("says how long the target and Pub/Sub wait", () => {
    const [issue] = issuesOf((stack) => subscribe(stack, { ackDeadline: "60s", push: { target: slow } }));
    expect(issue).toMatchObject({
      problem:
        "the target may take 61 s to answer, but the ack deadline is 60 s; the message would be redelivered while it is still being handled",
      got: "61 s",
      want: "≤ 60 s",
    });
  });

  it("renders nothing while there is an error", () => {
    const stack = testStack();
    subscribe(stack, { ackDeadline: "9s" });
    expect(() => planOf(stack)).toThrow("MR1110 web-dev/Charge: the ack deadline 9s is not");
  });
});
