import {
  AlertPolicy,
  Bucket,
  CloudFunction,
  CloudRunService,
  DeadLetteredSubscription,
  endpoint,
  FirestoreDatabase,
  type MillraceStack,
  NotificationChannel,
  principal,
  ServiceAccount,
  subscriptionMetrics,
  Topic,
} from "../../../constructs";
import type { Attributes } from "../../support/synth";
import { plan } from "../../support/synth";
import { handlersOf, testContract } from "../../support/handlers";

const contract = testContract();

/** Stacks that together use every prop of every construct: what they set is what the constructs reach. */
const SPECIMENS: readonly ((stack: MillraceStack) => void)[] = [
  (stack) => {
    const topic = new Topic(stack, "Topic", {
      retention: "1d",
      storageRegions: ["europe-west1"],
      labels: { tier: "gold" },
    });
    topic.grantPublish(principal("group:shop@example.com"));
    const worker = new ServiceAccount(stack, "Worker");
    new DeadLetteredSubscription(stack, "Pulled", {
      topic,
      filter: "attributes:kind",
      ordering: true,
      exactlyOnce: true,
      ackDeadline: "60s",
      retainAcknowledged: true,
      labels: { tier: "gold" },
      notify: [
        new NotificationChannel(stack, "Mail", { kind: "email", address: "ops@example.com" }),
        new NotificationChannel(stack, "Topical", { kind: "topic", topic: new Topic(stack, "Alerts") }),
      ],
    }).grantConsume(worker);
    new DeadLetteredSubscription(stack, "Pushed", {
      topic,
      push: { target: endpoint("https://a.example.com"), body: "unwrapped" },
    });
    new AlertPolicy(stack, "Ratio", {
      alarm: {
        id: "Ratio",
        title: "share of failed pushes",
        severity: "WARNING",
        conditions: [
          {
            title: "pushes fail",
            metric: subscriptionMetrics.failedPushes("s"),
            of: subscriptionMetrics.pushes("s"),
            aligner: "ALIGN_RATE",
            periodSeconds: 60,
            reducer: "REDUCE_SUM",
            above: 0.1,
            forSeconds: 60,
          },
        ],
        runbook: "read the log",
      },
    });
  },
  (stack) => {
    const secrets = { API_KEY: { secret: "api-key", version: "3" } };
    const store = new FirestoreDatabase(stack, "Store", { pointInTimeRecovery: true });
    store.expireDocuments("records", "expireAt");
    const service = new CloudRunService(stack, "Service", {
      contract,
      entry: "charge.handler.ts",
      secrets,
      startupProbe: { path: "/ready" },
      environment: { MODE: "fast" },
    });
    store.grantReadWrite(service.serviceAccount);
    service.grantInvoke(principal("group:shop@example.com"));
    new CloudFunction(stack, "Function", { contract, name: "other", entry: "charge.handler.ts", secrets });
    new Bucket(stack, "Bucket", { labels: { tier: "gold" }, accessLogs: new Bucket(stack, "Logs") });
    new ServiceAccount(stack, "Acting").grantActAs(service.serviceAccount);
  },
];

/** Attributes of every resource of the specimens, by type. */
export function specimens(): ReadonlyMap<string, readonly Attributes[]> {
  const handlersDir = handlersOf(contract);
  const all = new Map<string, Attributes[]>();
  for (const build of SPECIMENS)
    for (const [type, byName] of Object.entries(plan(build, { handlersDir }).json["resource"] as Attributes))
      all.set(type, [...(all.get(type) ?? []), ...Object.values(byName as Record<string, Attributes>)]);
  return all;
}
