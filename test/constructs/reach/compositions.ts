import {
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  CloudRunJob,
  EventDrivenPipeline,
  every,
  googleTemplate,
  type MillraceStack,
  pubsubColumns,
  RedriveJob,
  ScheduledJob,
  ServiceAccount,
  streamingJob,
  TaskQueueWorker,
  workerPool,
} from "../../../constructs";
import { type Plan, plan } from "../../support/synth";
import { handlersOf, testContract } from "../../support/handlers";

const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const charge = testContract({ publishes: ["charged"] });
const contractOf = (name: string) => testContract({ name });

/** What is composed of other constructs, every kind of source and of consumer: their addresses are promised too. */
export const COMPOSITIONS: readonly ((stack: MillraceStack) => void)[] = [
  (stack) => {
    const orders = new EventDrivenPipeline(stack, "Orders", {
      sources: {
        uploads: { bucket: new Bucket(stack, "Uploads"), prefix: "in/" },
        rules: { auditLog: { service: "storage.googleapis.com", method: "storage.buckets.update" } },
        jobs: { bigQueryJobs: {} },
        documents: { documents: { path: "orders/{order}" } },
        nightly: { schedule: every.day("03:00") },
      },
      consumers: [
        { contract: charge, runOn: "function", entry: "charge.handler.ts" },
        { contract: contractOf("mail"), runOn: "service", image: IMAGE },
        workerPool({ contract: contractOf("video"), image: IMAGE }),
        { writeTo: "bigquery", name: "rows" },
        { writeTo: "cloud-storage", name: "files" },
      ],
      publishers: [new ServiceAccount(stack, "Shop")],
    });
    const { deadLetterTopic } = orders.consumers[charge.manifest.name]!;
    new RedriveJob(stack, "Redrive", { contract: charge, entry: "charge.handler.ts", deadLetterTopic });
    new EventDrivenPipeline(stack, "Ledger", {
      source: { pipeline: orders, event: "charged" },
      consumers: [{ contract: contractOf("book"), runOn: "service", image: IMAGE }],
    });
  },
  (stack) => {
    const dataset = new BigQueryDataset(stack, "Set");
    const table = new BigQueryTable(stack, "LinesTable", { dataset, columns: pubsubColumns() });
    const lines = streamingJob({
      name: "lines",
      network: { publicAddresses: true },
      template: ({ subscription, failedRows }) =>
        googleTemplate("PubSub_Subscription_to_BigQuery", {
          inputSubscription: subscription,
          outputTableSpec: table,
          outputDeadletterTable: failedRows(dataset),
        }),
    });
    new EventDrivenPipeline(stack, "Lines", { consumers: [lines] });
    const worker = new TaskQueueWorker(stack, "Thumbnails", {
      contract: contractOf("thumbnail"),
      runOn: "service",
      image: IMAGE,
    });
    worker.grantEnqueue(new ServiceAccount(stack, "Producer"));
    new ScheduledJob(stack, "Report", {
      schedule: every.day("06:00"),
      target: { handler: { contract: contractOf("report"), runOn: "service", image: IMAGE } },
    });
    const job = new CloudRunJob(stack, "Export", { image: IMAGE, retries: 1 });
    new ScheduledJob(stack, "Weekly", { schedule: every.week("monday", "06:00"), target: { runJob: job } });
  },
];

export function compositionPlans(): readonly Plan[] {
  const handlersDir = handlersOf(charge);
  return COMPOSITIONS.map((build) => plan(build, { handlersDir }));
}
