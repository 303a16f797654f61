import { Construct } from "constructs";
import { LOCAL_ENVIRONMENT } from "../../contract/environment";
import { enableApi, escapeTemplate, MillraceStack } from "../core";
import { LoggingMetric } from "../l1/logging";
import { TimeSleep, timeProvider } from "../l1/time";
import type { Alarm } from "./alarm";
import { AlertPolicy } from "./alert-policy";
import { StackDashboard } from "./dashboard";
import { type Counter, COUNTERS, counterAlarms, counterSection, type CounterName } from "./handler-counter-data";
import type { Metric } from "./metric";
import type { MonitoringProps } from "./monitored";
import type { DashboardSection } from "./section";

/** An alert policy on a metric that Cloud Monitoring does not know yet is refused with 404 (docs/traps.md). */
const KNOWN_AFTER = "60s";

/**
 * What the handlers of a stack say of their idempotency in their logs, counted: replays, takeovers, fenced writes, what
 * was left of leases, keys used twice, parked events by class. One metric each for the whole stack, with the handler as
 * a label; points come from the moment on at which the metric exists.
 */
export class HandlerCounters extends Construct {
  /** The low-level resources, by what they count. */
  readonly resources: Readonly<Record<CounterName, LoggingMetric>>;
  readonly metrics: Readonly<Record<CounterName, Metric>>;
  /** The alarms as data, made or not. */
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  /** @param scope anything in the stack whose handlers are meant */
  constructor(scope: Construct, id: string, props: MonitoringProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { context } = stack;
    const made = Object.entries(COUNTERS).map(
      ([name, counter]) => [name as CounterName, this.render(name, counter)] as const,
    );
    this.resources = Object.fromEntries(made) as Record<CounterName, LoggingMetric>;
    const typeOf = (name: string) => `logging.googleapis.com/user/${this.nameOf(name)}`;
    this.metrics = Object.fromEntries(
      made.map(([name]): [CounterName, Metric] => [
        name,
        { type: typeOf(name), resourceType: "cloud_run_revision", resourceLabels: {} },
      ]),
    ) as Record<CounterName, Metric>;
    this.alarms = counterAlarms(stack.node.id, context.projectId, this.metrics);
    this.sections = [counterSection(stack.node.id, this.metrics)];

    const { notify, alarms = true, dashboard = true } = props;
    if (alarms && context.alarms) {
      const metrics = made.map(([, resource]) => resource);
      const known =
        context.environment === LOCAL_ENVIRONMENT
          ? metrics
          : [
              new TimeSleep(this, "Known", {
                provider: timeProvider(stack),
                createDuration: KNOWN_AFTER,
                dependsOn: metrics,
              }),
            ];
      for (const alarm of this.alarms) new AlertPolicy(this, alarm.id, { alarm, notify, dependsOn: known });
    }
    if (dashboard && context.dashboard) StackDashboard.of(this).add(this, this.sections);
  }

  private nameOf(counter: string): string {
    return `${MillraceStack.of(this).node.id}/${counter}`;
  }

  private render(name: string, { what, where, class: byClass, value }: Counter): LoggingMetric {
    const { projectId: project, prefix } = MillraceStack.of(this).context;
    const labels = [
      { key: "handler", description: "name of the contract", path: "jsonPayload.handler" },
      ...(byClass ? [{ key: "class", description: "class of the error", path: "jsonPayload.cause.class" }] : []),
    ];
    return new LoggingMetric(this, name, {
      project,
      name: this.nameOf(name),
      description: what,
      filter: escapeTemplate([ownLogs(prefix), 'jsonPayload.handler!=""', where].join(" AND ")),
      labelExtractors: Object.fromEntries(labels.map(({ key, path }) => [key, `EXTRACT(${path})`])),
      metricDescriptor: {
        metricKind: "DELTA",
        valueType: value ? "DISTRIBUTION" : "INT64",
        unit: value ? "ms" : "1",
        labels: labels.map(({ key, description }) => ({ key, description, valueType: "STRING" })),
      },
      ...(value && {
        valueExtractor: `EXTRACT(${value})`,
        // 1 ms to 32 s: a lease is at most 15 s long.
        bucketOptions: { exponentialBuckets: { growthFactor: 2, numFiniteBuckets: 15, scale: 1 } },
      }),
      dependsOn: [enableApi(this, "logging.googleapis.com")],
    });
  }
}

/** Lines of workloads whose names start as those of the stack do: several stacks may share a project. */
function ownLogs(prefix: string): string {
  const kinds = [
    ["cloud_run_revision", "service_name"],
    ["cloud_run_job", "job_name"],
    ["cloud_run_worker_pool", "worker_pool_name"],
  ] as const;
  const tests = kinds.map(([type, label]) =>
    prefix === "" ? `resource.type="${type}"` : `(resource.type="${type}" AND resource.labels.${label}=~"^${prefix}-")`,
  );
  return `(${tests.join(" OR ")})`;
}
