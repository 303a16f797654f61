import {
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  CloudFunction,
  CloudRunJob,
  CloudRunService,
  CloudRunWorkerPool,
  customTemplate,
  DataflowJob,
  DataflowStreamingJob,
  DeadLetteredSubscription,
  every,
  googleTemplate,
  type MillraceStack,
  principal,
  pubsubColumns,
  ScheduledJob,
  type ScheduledJobProps,
  SchedulerJob,
  TaskQueue,
  TaskQueueWorker,
  type TemplateUse,
  Topic,
  type UpdateStrategy,
  Workflow,
  WorkflowOrchestrator,
} from "../../../constructs";
import { workflow } from "../../../constructs/workflows/builder";
import { handlersOf, testContract } from "../../support/handlers";

/* Every construct that does work, each in every kind it has, in one stack: what they must not do is get into each other's way. */

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const KEY = "projects/acme-dev/locations/europe-west1/keyRings/ring/cryptoKeys/flows";
const contracts = {
  mail: testContract({ name: "mail", retry: { attempts: 5 } }),
  report: testContract({ name: "report", timeLimit: "10m" }),
  prices: testContract({ name: "prices", timeLimit: "5m" }),
  films: testContract({ name: "films", timeLimit: "40m" }),
};
export const handlersDir = handlersOf(...Object.values(contracts));

export const STRATEGIES = ["in-place", "drain-and-replace", "parallel"] as const satisfies readonly UpdateStrategy[];

export function buildEverything(stack: MillraceStack): void {
  const service = new CloudRunService(stack, "Service", { image: IMAGE, timeout: "20m" });
  const job = buildRun(stack);
  const flow = buildFlows(stack, service);
  buildQueues(stack, service);
  buildSchedules(stack, { service, job, flow });
  buildStreams(stack);
}

/** Jobs and pools, of a handler and of an image. */
function buildRun(stack: MillraceStack): CloudRunJob {
  const job = new CloudRunJob(stack, "Prices", {
    contract: contracts.prices,
    entry: "prices.handler.ts",
    tasks: 100,
    parallelism: 10,
  });
  job.grantRun(principal("group:ops@example.com"), { overrides: true });
  new CloudRunJob(stack, "Vacuum", { image: IMAGE, secrets: { TOKEN: { secret: "token" } } });
  new CloudRunWorkerPool(stack, "Films", {
    contract: contracts.films,
    entry: "films.handler.ts",
    subscription: new DeadLetteredSubscription(stack, "Uploads", { topic: new Topic(stack, "Uploaded") }),
  });
  new CloudRunWorkerPool(stack, "Poller", { image: IMAGE, instances: 2 });
  return job;
}

/** A definition as text, and one that calls a service of the stack. */
function buildFlows(stack: MillraceStack, service: CloudRunService): Workflow {
  const definition = workflow("nightly", (w) => w.call("close", service, { path: "/close", retry: "transient" }));
  new WorkflowOrchestrator(stack, "Nightly", {
    name: "nightly",
    definition,
    schedules: { night: { schedule: every.day("04:00"), timeZone: "Europe/Berlin", argument: { full: true } } },
    callers: [principal("group:ops@example.com")],
  });
  return new Workflow(stack, "Plain", {
    definition: { source: 'main:\n  steps:\n    - say:\n        return: ${"it is " + text.to_upper("me")}\n' },
    environment: { MODE: "fast" },
    encryption: { kmsKeyName: KEY },
    logCalls: "all",
    history: "detailed",
  });
}

function buildQueues(stack: MillraceStack, service: CloudRunService): void {
  const worker = new TaskQueueWorker(stack, "Mail", {
    contract: contracts.mail,
    runOn: "service",
    entry: "mail.handler.ts",
    perSecond: 10,
    retry: { attempts: 5 },
  });
  worker.bindProducer(service);
  new TaskQueue(stack, "Legacy", { appEngine: { service: "reports" }, exhausted: "dropped", generation: 2 });
}

/** Every kind of target, in every way to say when. */
function buildSchedules(
  stack: MillraceStack,
  targets: { readonly service: CloudRunService; readonly job: CloudRunJob; readonly flow: Workflow },
): void {
  const { service, job, flow } = targets;
  const run = (id: string, props: Omit<ScheduledJobProps, "name">) =>
    new ScheduledJob(stack, id, { timeZone: "America/New_York", ...props });
  run("Report", {
    schedule: "0 9 * * 1",
    target: { handler: { contract: contracts.report, runOn: "function", entry: "report.handler.ts" } },
  });
  run("Call", { schedule: every.week("monday", "09:00"), target: { call: service, path: "/weekly" } });
  const callable = new CloudFunction(stack, "Function", {
    name: "called",
    contract: contracts.report,
    entry: "report.handler.ts",
    transports: ["scheduler"],
  });
  new SchedulerJob(stack, "CallFunction", { schedule: "*/30 * * * *", target: { call: callable } });
  run("Beat", { schedule: every.minutes(5), target: { publish: new Topic(stack, "Beats"), data: "beat" } });
  run("RunJob", { schedule: every.day("09:30"), target: { runJob: job } });
  run("RunSmallJob", { schedule: "every monday 09:00", target: { runJob: job, overrides: { tasks: 1 } } });
  run("StartFlow", { schedule: "1 of month 06:00", target: { startWorkflow: flow, argument: { kind: "monthly" } } });
  run("AppEngine", { schedule: "every 12 hours", target: { appEngine: { service: "reports" }, path: "/weekly" } });
}

/** Classic and Flex templates, streaming under each strategy, and batch. */
function buildStreams(stack: MillraceStack): void {
  const dataset = new BigQueryDataset(stack, "Set");
  const table = new BigQueryTable(stack, "Lines", { dataset, columns: pubsubColumns() });
  const files = new Bucket(stack, "Files");
  const network = { subnetwork: "regions/europe-west1/subnetworks/workers" };
  const udf = {
    javascriptTextTransformGcsPath: { bucket: files, path: "clean.js" },
    javascriptTextTransformFunctionName: "clean",
  } as const;
  const topic = new Topic(stack, "Orders");
  for (const updateStrategy of STRATEGIES) {
    new DataflowStreamingJob(stack, `Classic ${updateStrategy}`, {
      topic,
      network,
      updateStrategy,
      template: ({ subscription, failedRows }) =>
        googleTemplate("PubSub_Subscription_to_BigQuery", {
          inputSubscription: subscription,
          outputTableSpec: table,
          outputDeadletterTable: failedRows(dataset),
          ...udf,
        }),
    });
    new DataflowStreamingJob(stack, `Flex ${updateStrategy}`, {
      topic,
      network,
      updateStrategy,
      template: ({ subscription, failedRows }) =>
        googleTemplate("PubSub_to_BigQuery_Flex", {
          inputSubscription: subscription,
          outputTableSpec: table,
          outputDeadletterTable: failedRows(dataset),
          ...udf,
        }),
    });
  }
  const batch = (id: string, template: TemplateUse) => new DataflowJob(stack, id, { template, network });
  batch(
    "Batch classic",
    googleTemplate("GCS_Text_to_Cloud_PubSub", {
      inputFilePattern: { bucket: files, path: "old/*.txt" },
      outputTopic: topic,
    }),
  );
  batch(
    "Batch flex",
    customTemplate({
      path: "gs://acme-templates/export.json",
      form: "flex",
      mode: "batch",
      parameters: { output: { bucket: files, path: "export/" } },
    }),
  );
}
