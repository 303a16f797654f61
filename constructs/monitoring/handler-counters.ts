import { Construct } from "constructs";
import { LOCAL_ENVIRONMENT } from "../../contract/environment";
import { enableApi, escapeTemplate, MillraceStack } from "../core";
import { completeAtSynth } from "../core/completion";
import { claimName } from "../core/names";
import { LoggingMetric } from "../l1/logging";
import { TimeSleep, timeProvider } from "../l1/time";
import type { Alarm } from "./alarm";
import { AlertPolicy } from "./alert-policy";
import { StackDashboard } from "./dashboard";
import { type Counter, COUNTERS, counterAlarms, counterSection, type CounterName } from "./handler-counter-data";
import { HANDLER_RESOURCES, type HandlerResource, handlersOf } from "./handlers";
import type { Metric } from "./metric";
import type { MonitoringProps } from "./monitored";
import type { INotificationChannel } from "./notification-channel";
import type { DashboardSection } from "./section";

/** An alert policy on a metric that Cloud Monitoring does not know yet is refused with 404 (docs/traps.md). */
const KNOWN_AFTER = "60s";

/** Id of those that a stack gets by itself. */
const BY_ITSELF = "HandlerCounters";

/** Notes a handler of a stack, which is counted from the first one on. @param notify who is told of its alarms */
export function noteHandler(
  construct: Construct,
  resource: HandlerResource,
  notify: readonly INotificationChannel[] = [],
): void {
  const stack = MillraceStack.of(construct);
  const handlers = handlersOf(stack);
  for (const channel of notify) handlers.notify.add(channel);
  if (handlers.resources.size === 0 && stack.context.counters) completeAtSynth(stack, () => countByItself(stack));
  handlers.resources.add(resource);
}

function countByItself(stack: MillraceStack): void {
  const { counted, notify } = handlersOf(stack);
  if (!counted) new HandlerCounters(stack, BY_ITSELF, { notify: [...notify] });
}

/**
 * What the handlers of a stack say of their idempotency in their logs, counted: replays, takeovers, fenced writes, what
 * was left of leases, keys used twice, parked events by class. One metric each for the whole stack, with the handler as
 * a label; points come from the moment on at which the metric exists.
 *
 * A stack that has handlers gets them by itself, telling whom the handlers' own alarms tell; make them to say otherwise.
 */
export class HandlerCounters extends Construct {
  /** The low-level resources, by what they count. */
  readonly resources: Readonly<Record<CounterName, LoggingMetric>>;
  readonly metrics: Readonly<Record<CounterName, Metric>>;

  /** @param scope anything in the stack whose handlers are meant */
  constructor(scope: Construct, id: string, props: MonitoringProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
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
    handlersOf(this).counted = true;
    // What is watched follows from what the handlers run on.
    completeAtSynth(stack, () => this.watch(props));
  }

  /** What the handlers run on that have been constructed so far; everything while there are none. */
  private get runOn(): readonly HandlerResource[] {
    const { resources } = handlersOf(this);
    const all = Object.keys(HANDLER_RESOURCES) as readonly HandlerResource[];
    return resources.size === 0 ? all : all.filter((one) => resources.has(one));
  }

  /** The alarms as data, made or not. */
  get alarms(): readonly Alarm[] {
    const { node, context } = MillraceStack.of(this);
    return counterAlarms(node.id, context.projectId, this.metrics, this.runOn);
  }

  get sections(): readonly DashboardSection[] {
    return [counterSection(MillraceStack.of(this).node.id, this.metrics, this.runOn)];
  }

  private watch({ notify, alarms = true, dashboard = true }: MonitoringProps): void {
    const stack = MillraceStack.of(this);
    const { context } = stack;
    if (alarms && context.alarms) {
      const metrics = Object.values(this.resources);
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
    claimName(this, "log metric", this.nameOf(name));
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
        unit: "1",
        labels: labels.map(({ key, description }) => ({ key, description, valueType: "STRING" })),
      },
      ...(value && {
        valueExtractor: `EXTRACT(${value})`,
        // A share; below 0 a lease had lapsed.
        bucketOptions: { linearBuckets: { numFiniteBuckets: 20, width: 0.05, offset: 0 } },
      }),
      dependsOn: [enableApi(this, "logging.googleapis.com")],
    });
  }
}

const NAME_LABELS = {
  cloud_run_revision: "service_name",
  cloud_run_job: "job_name",
  cloud_run_worker_pool: "worker_pool_name",
} as const satisfies Record<HandlerResource, string>;

/** Lines of workloads whose names start as those of the stack do: several stacks may share a project. */
function ownLogs(prefix: string): string {
  const tests = Object.entries(NAME_LABELS).map(([type, label]) =>
    prefix === "" ? `resource.type="${type}"` : `(resource.type="${type}" AND resource.labels.${label}=~"^${prefix}-")`,
  );
  return `(${tests.join(" OR ")})`;
}
