import type { App } from "cdktf";
import { MillraceStack, NotificationChannel } from "millrace";
import { WebhookIngest } from "millrace/patterns";
import { type Environment, sizeOf, stackProps } from "millrace/stacks";
import { audit, pullRequests, pushes } from "./contracts";

/** The workloads of the application and what each runs on: what an environment file may override. */
export const WORKLOADS = {
  [pullRequests.manifest.name]: "function",
  [pushes.manifest.name]: "service",
  [audit.manifest.name]: "service",
} as const;

/** GitHub's webhooks in one environment: three handlers, each with its own share of the events. */
export class WebhooksStack extends MillraceStack {
  readonly ingest: WebhookIngest;

  constructor(app: App, environment: Environment) {
    super(app, { ...stackProps("webhooks", environment), handlersDir: __dirname });
    const functionSize = (name: string) => sizeOf(environment, "function", name);
    const serviceSize = (name: string) => sizeOf(environment, "service", name);
    this.ingest = new WebhookIngest(this, "Ingest", {
      consumers: [
        {
          contract: pullRequests,
          runOn: "function",
          entry: "pull-requests.handler.ts",
          events: ["pull_request"],
          acknowledge: [{ code: "MR1128", reason: "each event is a document of its own, so a gap harms no later one" }],
          ...functionSize("pull-requests"),
        },
        {
          contract: pushes,
          runOn: "service",
          entry: "pushes.handler.ts",
          events: ["push", "issues"],
          ...serviceSize("pushes"),
        },
        { contract: audit, runOn: "service", entry: "audit.handler.ts", ...serviceSize("audit") },
      ],
      notify: environment.alerts.emails.map(
        (address) => new NotificationChannel(this, `Notify-${address}`, { kind: "email", address }),
      ),
    });
  }
}
