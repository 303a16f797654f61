import type { App } from "cdktf";
import {
  BigQueryDataset,
  BigQueryTable,
  Bucket,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  MillraceStack,
  NotificationChannel,
} from "millrace";
import { type Environment, sizeOf, stackProps } from "millrace/stacks";
import { importOrders, orderImported, writeReceipt } from "./contracts";

/** The workloads of the application and what each runs on: what an environment file may override. */
export const WORKLOADS = {
  [importOrders.manifest.name]: "service",
  [writeReceipt.manifest.name]: "service",
} as const;

/**
 * Files of orders that are put into a bucket become documents and rows; documents become receipts; what is deleted from
 * the bucket is kept on record.
 */
export class UploadsStack extends MillraceStack {
  readonly incoming: Bucket;
  readonly imports: EventDrivenPipeline;

  constructor(app: App, environment: Environment) {
    super(app, { ...stackProps("uploads", environment), handlersDir: __dirname });
    const notify = environment.alerts.emails.map(
      (address) => new NotificationChannel(this, `Notify-${address}`, { kind: "email", address }),
    );
    const pipeline = (id: string, props: Omit<EventDrivenPipelineProps, "notify">) =>
      new EventDrivenPipeline(this, id, { ...props, notify });

    this.incoming = new Bucket(this, "Incoming", { deleteAfter: "90d" });
    this.imports = pipeline("Imports", {
      source: { bucket: this.incoming, events: ["finalized"], prefix: "orders/" },
      consumers: [
        {
          contract: importOrders,
          runOn: "service",
          entry: "import-orders.handler.ts",
          ...sizeOf(environment, "service", importOrders.manifest.name),
        },
      ],
    });
    const { workload } = this.imports.consumers[importOrders.manifest.name]!;
    this.incoming.grantRead(workload.serviceAccount, { reason: "reads files of orders" });

    pipeline("Imported", {
      source: { pipeline: this.imports, event: orderImported },
      consumers: [{ name: "imported", writeTo: "bigquery", table: this.table(), columnsFrom: "table" }],
    });
    pipeline("Ordered", {
      source: { documents: { path: "orders/{order}", event: "created" } },
      consumers: [
        {
          contract: writeReceipt,
          runOn: "service",
          entry: "write-receipt.handler.ts",
          ...sizeOf(environment, "service", writeReceipt.manifest.name),
        },
      ],
      acknowledge: [{ code: "MR1664", reason: "a receipt that was missed is written with the monthly statement" }],
    });
    pipeline("Removed", {
      source: {
        auditLog: {
          service: "storage.googleapis.com",
          method: "storage.objects.delete",
          resourcePrefix: `projects/_/buckets/${this.incoming.name}/`,
        },
      },
      consumers: [{ name: "removed", writeTo: "cloud-storage", maxDuration: "1m" }],
    });
  }

  /** A row per order, with everything Pub/Sub knows of its message. */
  private table(): BigQueryTable {
    return new BigQueryTable(this, "Orders", {
      dataset: new BigQueryDataset(this, "Shop"),
      columns: [
        { name: "orderId", type: "STRING", mode: "REQUIRED" },
        { name: "cents", type: "INTEGER", mode: "REQUIRED" },
        { name: "file", type: "STRING" },
        { name: "subscription_name", type: "STRING" },
        { name: "message_id", type: "STRING" },
        { name: "publish_time", type: "TIMESTAMP" },
        { name: "attributes", type: "JSON" },
      ],
      partition: { by: "publish_time", unit: "day" },
    });
  }
}
