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
} from "millrace";
import { films, health, mail, prices, report } from "./contracts";

/** Work that nobody waits for: on a schedule, from a queue, as a job. */
export class WorkStack extends MillraceStack {
  readonly weekly: ScheduledJob;
  readonly beat: ScheduledJob;
  readonly mails: TaskQueueWorker;
  readonly uploads: Topic;
  readonly import: CloudRunJob;

  constructor(app: App, environment: string) {
    super(app, {
      app: "work",
      environment,
      project: { id: "acme-dev", number: "123456789012" },
      region: "europe-west1",
      handlersDir: __dirname,
      deletionProtection: false,
    });
    // Mondays at nine in New York, whatever its clocks do.
    this.weekly = new ScheduledJob(this, "Weekly", {
      schedule: "0 9 * * 1",
      timeZone: "America/New_York",
      target: {
        handler: { contract: report, runOn: "service", entry: "report.handler.ts" },
        input: { report_type: "weekly" },
      },
    });
    const monitoring = new Topic(this, "Monitoring");
    this.beat = new ScheduledJob(this, "Beat", {
      schedule: every.minutes(5),
      target: {
        publish: monitoring,
        data: '{"check": "health"}',
        attributes: { source: "scheduler", type: "health_check" },
      },
    });
    new EventDrivenPipeline(this, "Health", {
      topic: monitoring,
      consumers: [{ contract: health, runOn: "service", entry: "health.handler.ts" }],
    });
    this.mails = new TaskQueueWorker(this, "Mails", {
      contract: mail,
      runOn: "service",
      entry: "mail.handler.ts",
      perSecond: 10,
      retry: { attempts: 5 },
    });
    this.uploads = new Topic(this, "Uploads");
    new EventDrivenPipeline(this, "Films", {
      topic: this.uploads,
      consumers: [workerPool({ contract: films, entry: "films.handler.ts" })],
    });
    this.import = new CloudRunJob(this, "Import", {
      contract: prices,
      entry: "prices.job.ts",
      tasks: 100,
      parallelism: 10,
    });
  }
}
