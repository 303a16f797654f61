import type { App } from "cdktf";
import {
  CloudRunJob,
  EventDrivenPipeline,
  every,
  MillraceStack,
  ScheduledJob,
  TaskQueueWorker,
  Topic,
  workerPool,
} from "../../../constructs";
import * as contracts from "./contracts";

/** Handlers behind every kind of caller, each with a redrive job but one. */
export class ShopStack extends MillraceStack {
  readonly orders: Topic;
  readonly pipeline: EventDrivenPipeline;
  readonly mails: TaskQueueWorker;
  readonly reports: ScheduledJob;

  /** @param folder where the handlers leave what they did */
  constructor(app: App, environment: string, folder: string) {
    super(app, {
      app: "shop",
      environment,
      project: { id: "acme-dev", number: "123456789012" },
      region: "europe-west1",
      handlersDir: __dirname,
      deletionProtection: false,
    });
    const environmentOf = { SHOP: folder };
    this.orders = new Topic(this, "Orders");
    this.pipeline = new EventDrivenPipeline(this, "Shop", {
      topic: this.orders,
      consumers: [
        {
          contract: contracts.charge,
          runOn: "service",
          entry: "charge.handler.ts",
          environment: environmentOf,
          redrive: { maxRedrives: 2, rate: 100 },
        },
        { contract: contracts.notify, runOn: "service", entry: "notify.handler.ts", environment: environmentOf },
        workerPool({
          contract: contracts.film,
          entry: "film.handler.ts",
          environment: environmentOf,
          redrive: { rate: 100 },
        }),
      ],
    });
    this.mails = new TaskQueueWorker(this, "Mails", {
      contract: contracts.mail,
      runOn: "service",
      entry: "mail.handler.ts",
      environment: environmentOf,
      redrive: { rate: 100 },
    });
    new CloudRunJob(this, "Prices", {
      contract: contracts.price,
      entry: "price.job.ts",
      environment: environmentOf,
      redrive: { rate: 100 },
    });
    this.reports = new ScheduledJob(this, "Reports", {
      schedule: every.day("03:30"),
      target: {
        handler: {
          contract: contracts.report,
          runOn: "service",
          entry: "report.handler.ts",
          environment: environmentOf,
          redrive: true,
        },
        input: { id: "unlucky-daily" },
      },
    });
  }
}
