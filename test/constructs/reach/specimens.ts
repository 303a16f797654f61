import {
  type AlarmCondition,
  AlertPolicy,
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  BucketNotification,
  customTemplate,
  DataflowJob,
  CloudFunction,
  CloudRunJob,
  CloudRunService,
  CloudRunWorkerPool,
  DeadLetteredSubscription,
  endpoint,
  EventarcTrigger,
  every,
  FirestoreDatabase,
  GoogleEventsEncryption,
  HandlerCounters,
  LogSink,
  type MillraceStack,
  NotificationChannel,
  principal,
  pubsubColumns,
  Schema,
  Secret,
  SchedulerJob,
  ServiceAccount,
  Subscription,
  subscriptionMetrics,
  Topic,
  TaskQueue,
  Workflow,
  WorkflowOrchestrator,
} from "../../../constructs";
import { workflow } from "../../../constructs/workflows/builder";
import { type Attributes, type Plan, plan } from "../../support/synth";
import { handlersOf, testContract } from "../../support/handlers";

const contract = testContract();
const encryption = { kmsKeyName: "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/orders" };
const labels = { tier: "gold" };
const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const transforms = [{ functionName: "same", code: "function same(message) { return message; }", disabled: true }];

const WATCHED = { metric: subscriptionMetrics.acked("s"), aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM" } as const;
const CONDITIONS: readonly AlarmCondition[] = [
  { ...WATCHED, title: "absent", periodSeconds: 60, absentForSeconds: 3_600 },
  { ...WATCHED, title: "few", periodSeconds: 90_000, below: 1, forSeconds: 1_800 },
  { title: "logged", log: 'resource.type="cloud_scheduler_job" AND severity>=ERROR' },
];

/** Stacks that together use every prop of every construct: what they set is what the constructs reach. */
export const SPECIMENS: readonly ((stack: MillraceStack) => void)[] = [
  (stack) => {
    const topic = new Topic(stack, "Topic", {
      retention: "1d",
      storageRegions: ["europe-west1"],
      enforceStorageRegions: true,
      schema: { schema: new Schema(stack, "Schema", { type: "avro", definition: '"string"' }) },
      transforms,
      encryption,
      labels,
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
      labels,
      notify: [
        new NotificationChannel(stack, "Mail", { kind: "email", address: "ops@example.com" }),
        new NotificationChannel(stack, "Topical", { kind: "topic", topic: new Topic(stack, "Alerts") }),
      ],
    }).grantConsume(worker);
    new DeadLetteredSubscription(stack, "Pushed", {
      topic,
      push: { target: endpoint("https://a.example.com"), body: "unwrapped" },
    });
    const dataset = new BigQueryDataset(stack, "Dataset", {
      description: "orders",
      tableExpiration: "90d",
      partitionExpiration: "30d",
      timeTravel: "2d",
      storageBilling: "physical",
      encryption,
      labels,
    });
    dataset.grantRead(worker);
    const table = new BigQueryTable(stack, "Table", {
      dataset,
      columns: pubsubColumns(),
      partition: { by: "publish_time", unit: "day", expiration: "30d", filterRequired: true },
      clusterBy: ["message_id"],
      description: "orders",
      encryption,
      labels,
    });
    for (const columnsFrom of ["table", "topic-schema"] as const)
      new DeadLetteredSubscription(stack, columnsFrom, {
        topic,
        bigQuery: { table, columnsFrom, dropUnknownFields: true, writeMetadata: true, identity: worker },
      });
    const files = new Bucket(stack, "Files", {
      encryption,
      coolDown: { after: "30d", to: "ARCHIVE" },
      deleteAfter: "365d",
    });
    new Subscription(stack, "Files Too", {
      topic,
      deadLetter: false,
      transforms,
      cloudStorage: {
        bucket: files,
        avro: { writeMetadata: true, useTopicSchema: true },
        filenamePrefix: "a",
        filenameSuffix: "b",
        filenameDatetimeFormat: "YYYY-MM-DD/hh_mm_ssZ",
        maxDuration: "1m",
        maxBytes: 1_000,
        maxMessages: 1_000,
        identity: worker,
      },
    });
    new BucketNotification(stack, "Uploaded", {
      bucket: files,
      topic,
      events: ["finalized"],
      prefix: "in/",
      attributes: { kind: "upload" },
    });
    new Secret(stack, "Automatic", { restoreWithin: "7d", labels });
    new Secret(stack, "Regional", { regions: ["europe-west1"] }).grantRead(worker);
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
        page: "docs/monitoring.md",
      },
    });
    for (const condition of CONDITIONS)
      new AlertPolicy(stack, condition.title, {
        alarm: { id: condition.title, title: "job", severity: "ERROR", conditions: [condition], runbook: "look" },
      });
  },
  (stack) => {
    const secrets = { API_KEY: { secret: "api-key", version: "3" } };
    const store = new FirestoreDatabase(stack, "Store", { pointInTimeRecovery: true });
    store.expireDocuments("records", "expireAt");
    const service = new CloudRunService(stack, "Service", {
      contract,
      entry: "charge.handler.ts",
      transports: ["scheduler", "tasks", "cloudEvents"],
      secrets,
      startupProbe: { path: "/ready" },
      vpc: { network: "n", subnetwork: "s", tags: ["t"], egress: "all" },
      environment: { MODE: "fast" },
    });
    store.grantReadWrite(service.serviceAccount);
    service.grantInvoke(principal("group:shop@example.com"));
    new CloudRunService(stack, "Image", {
      image: `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`,
      command: ["/bin/api"],
      args: ["--verbose"],
      workingDirectory: "/srv",
      port: 9_000,
      http2: true,
      description: "the shop's API",
      startupProbe: { by: "tcp", port: 9_000 },
      livenessProbe: { by: "grpc", service: "health", port: 9_000 },
      vpc: { connector: "projects/p/locations/europe-west1/connectors/c" },
      volumes: {
        "/secrets": { kind: "secret", secret: "api-key", version: "3", file: "key", mode: 0o400 },
        "/scratch": { kind: "memory", size: "64Mi" },
        "/files": { kind: "bucket", bucket: new Bucket(stack, "Shared"), readOnly: false },
        "/share": { kind: "nfs", server: "10.0.0.2", path: "/share", readOnly: true },
        "/cloudsql": { kind: "cloud-sql", instances: ["acme-dev:europe-west1:orders"] },
      },
      revision: "v2",
      traffic: [
        { revision: "v1", percent: 80 },
        { revision: "v2", percent: 20, tag: "next" },
      ],
      sessionAffinity: true,
      encryption,
      binaryAuthorization: { policy: "projects/p/platforms/cloudRun/strict" },
      labels,
    });
    new CloudRunService(stack, "Probed", {
      image: `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`,
      startupProbe: { path: "/ready", port: 9_000, headers: { "X-Probe": "1" } },
      livenessProbe: { path: "/alive", port: 9_000, headers: { "X-Probe": "1" } },
      binaryAuthorization: "project",
    });
    new CloudRunService(stack, "Grpc", {
      image: `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`,
      startupProbe: { by: "grpc", service: "health", port: 9_000 },
    });
    new CloudFunction(stack, "Function", { contract, name: "other", entry: "charge.handler.ts", secrets });
    new CloudFunction(stack, "Reached", {
      contract,
      name: "reached",
      entry: "charge.handler.ts",
      description: "charges",
      volumes: { "/secrets": { kind: "secret", secret: "api-key" } },
      vpc: { connector: "projects/p/locations/europe-west1/connectors/c", egress: "all" },
      workerPool: "projects/p/locations/europe-west1/workerPools/w",
      securityUpdates: "on-deploy",
      binaryAuthorization: "default",
      labels,
    });
    new Bucket(stack, "Bucket", { labels, accessLogs: new Bucket(stack, "Logs") });
    new SchedulerJob(stack, "Weekly", {
      schedule: every.week("monday", "09:00"),
      description: "the weekly report",
      target: { call: service, headers: { "content-type": "application/json" }, body: "{}" },
    });
    new SchedulerJob(stack, "Beat", {
      schedule: every.minutes(5),
      target: { publish: new Topic(stack, "Beats"), data: "beat", attributes: { kind: "health" } },
    });
    new TaskQueue(stack, "Queue", { exhausted: "dropped" }).grantEnqueue(service.serviceAccount, {
      as: new ServiceAccount(stack, "Tasks"),
      target: service,
    });
    new ServiceAccount(stack, "Acting").grantActAs(service.serviceAccount);
    for (const form of ["classic", "flex"] as const)
      new DataflowJob(stack, `Lines ${form}`, {
        template: customTemplate({ path: "gs://templates/lines", form, parameters: { mode: "fast" } }),
        workers: { max: 2, machineType: "n1-standard-2", ...(form === "flex" && { initial: 1 }) },
        network: { network: "n", subnetwork: "regions/europe-west1/subnetworks/s" },
        renamedSteps: { old: "new" },
        encryption,
        labels,
      });
    const events = new Topic(stack, "Events");
    new EventarcTrigger(stack, "Called", {
      event: {
        on: "audit-log",
        service: "storage.googleapis.com",
        method: "storage.objects.create",
        resource: "projects/_/buckets/in/objects/*",
      },
      target: service,
      path: "/called",
      labels,
    });
    new EventarcTrigger(stack, "Published", { event: { on: "message-published", topic: events }, target: service });
    const channel = "projects/acme-dev/locations/europe-west1/channels/partner";
    new EventarcTrigger(stack, "Partner", {
      event: { on: "channel", channel, type: "partner.thing.v1.done" },
      target: {
        workflow: "projects/acme-dev/locations/europe-west1/workflows/orders",
        dependables: [],
        grantInvoke: (grantee) => events.grantPublish(grantee),
      },
    });
    new GoogleEventsEncryption(stack, "EventsKey", { encryption });
    new LogSink(stack, "Errors", {
      topic: events,
      filter: "severity >= ERROR",
      exclusions: [{ name: "noise", filter: "resource.type = k8s_container", description: "others see to it" }],
      disabled: true,
    });
  },
  (stack) => {
    const secrets = { API_KEY: { secret: "api-key", version: "3" } };
    const vpc = { network: "n", subnetwork: "s", tags: ["t"], egress: "all" } as const;
    const environment = { MODE: "fast" };
    const container = {
      volumes: {
        "/secrets": { kind: "secret", secret: "api-key", version: "3", file: "key", mode: 0o400 },
        "/scratch": { kind: "memory", size: "64Mi" },
        "/files": { kind: "bucket", bucket: new Bucket(stack, "Files") },
        "/share": { kind: "nfs", server: "10.0.0.2", path: "/share", readOnly: true },
        "/cloudsql": { kind: "cloud-sql", instances: ["acme-dev:europe-west1:orders"] },
      },
      encryption,
      labels,
      binaryAuthorization: "project",
    } as const;
    new HandlerCounters(stack, "Counters");
    const job = new CloudRunJob(stack, "Job", {
      contract,
      entry: "charge.handler.ts",
      tasks: 100,
      secrets,
      vpc,
      environment,
      ...container,
    });
    new CloudRunJob(stack, "Connected", {
      image: IMAGE,
      args: ["--all"],
      command: ["run"],
      workingDirectory: "/app",
      vpc: { connector: "projects/acme-dev/locations/europe-west1/connectors/c" },
      binaryAuthorization: { policy: "projects/acme-dev/platforms/cloudRun/policies/p" },
    });
    job.grantWatch(new ServiceAccount(stack, "Watching"));
    const pulled = new DeadLetteredSubscription(stack, "Pulled", { topic: new Topic(stack, "Topic") });
    new CloudRunWorkerPool(stack, "Pool", {
      contract,
      name: "pool",
      entry: "charge.handler.ts",
      subscription: pulled,
      secrets,
      vpc,
      environment,
      ...container,
    });
    new CloudRunWorkerPool(stack, "ImagePool", {
      image: IMAGE,
      args: ["--all"],
      command: ["run"],
      workingDirectory: "/app",
      binaryAuthorization: { policy: "projects/acme-dev/platforms/cloudRun/policies/p" },
    });
    new SchedulerJob(stack, "Nightly", { schedule: every.day("03:30"), target: { runJob: job } });
    new SchedulerJob(stack, "Old", {
      schedule: every.day("04:30"),
      target: {
        appEngine: { service: "s", version: "v", instance: "i" },
        path: "/",
        headers: { a: "b" },
        body: "{}",
      },
    });
    new TaskQueue(stack, "Routed", {
      exhausted: "dropped",
      routing: {
        target: endpoint("https://a.example.com:8443"),
        as: new ServiceAccount(stack, "Tasks"),
        path: "/p",
        method: "PUT",
        headers: { a: "b" },
      },
      appEngine: { service: "s", version: "v", instance: "i" },
    });
  },
  (stack) => {
    new Workflow(stack, "Plain", {
      definition: { source: "- done: {return: 1}" },
      description: "orders",
      environment: { STAGE: "test" },
      logCalls: "all",
      history: "detailed",
      encryption,
      labels,
      tooManyWaiting: 100,
    });
    new WorkflowOrchestrator(stack, "Orders", {
      definition: workflow((w) => w.return("done", 1)),
      schedules: { nightly: { schedule: every.day("03:00") } },
      events: { uploads: { event: { on: "message-published", topic: new Topic(stack, "Uploads") } } },
      callers: [principal("group:shop@example.com")],
    });
  },
];

/** The plans of the specimens. */
export function specimenPlans(): readonly Plan[] {
  const handlersDir = handlersOf(contract);
  return SPECIMENS.map((build) => plan(build, { handlersDir, docsUrl: "https://docs.example.com" }));
}

/** Attributes of every resource of some plans, by type. */
export function attributesOf(plans: readonly Plan[]): ReadonlyMap<string, readonly Attributes[]> {
  const all = new Map<string, Attributes[]>();
  for (const { json } of plans)
    for (const [type, byName] of Object.entries(json["resource"] as Record<string, Record<string, Attributes>>))
      all.set(type, [...(all.get(type) ?? []), ...Object.values(byName)]);
  return all;
}
