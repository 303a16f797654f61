import type { Alarm } from "./alarm";
import { HANDLER_RESOURCES, type HandlerResource } from "./handlers";
import type { Metric } from "./metric";
import { chart, type DashboardSection, type Series } from "./section";

/** What is counted of the lines that the runtime writes, one for each delivery (docs/runtime/performance.md#counters). */
export interface Counter {
  readonly what: string;
  /** In the query language of Cloud Logging. */
  readonly where: string;
  /** Also told apart by the class of the error. @default by handler alone */
  readonly class?: true;
  /** Field whose values are kept as a distribution. @default lines are counted */
  readonly value?: string;
}

export const COUNTERS = {
  replays: { what: "duplicates answered from their record", where: 'jsonPayload.outcome="replayed"' },
  takeovers: { what: "events taken over from an owner whose lease has lapsed", where: "jsonPayload.takeover=true" },
  fencedWrites: {
    what: "writes refused to an owner that had lost its lease",
    where: 'jsonPayload.outcome="leaseLost"',
  },
  leaseMargin: {
    what: "what was left of the lease at the end, as a share of it",
    where: "jsonPayload.leaseMargin:*",
    value: "jsonPayload.leaseMargin",
  },
  keyReuse: {
    what: "events whose key belongs to another event",
    where: 'jsonPayload.outcome="parked" AND jsonPayload.cause.class="KeyReuse"',
  },
  parked: { what: "events parked", where: 'jsonPayload.outcome="parked"', class: true },
} as const satisfies Record<string, Counter>;

export type CounterName = keyof typeof COUNTERS;

const EXPLAINED = { page: "docs/monitoring.md#what-handlers-count" } as const;

type Metrics = Readonly<Record<CounterName, Metric>>;

/** A lease is renewed when a third of it has passed, so below this a second renewal is late. runtime/record/lease.ts */
const LEAST_MARGIN = 1 / 3;

/** @param runOn types of resources that the handlers run on; a condition looks at one */
export function counterAlarms(
  stack: string,
  project: string,
  metrics: Metrics,
  runOn: readonly HandlerResource[],
): readonly Alarm[] {
  const alarm = (
    counter: CounterName,
    above: number,
    one: Omit<Alarm, "conditions" | "page">,
    title: string,
  ): Alarm => ({
    ...one,
    ...EXPLAINED,
    conditions: runOn.map((resourceType) => ({
      title,
      metric: { ...metrics[counter], resourceType },
      aligner: "ALIGN_DELTA",
      reducer: "REDUCE_SUM",
      periodSeconds: 300,
      above,
      forSeconds: 0,
    })),
  });
  const lines = (filter: string) => `\`gcloud logging read 'jsonPayload.${filter}' --project=${project} --limit=20\``;
  return [
    alarm(
      "fencedWrites",
      0,
      {
        id: "FencedWrites",
        title: `${stack}: a handler lost its lease while it worked`,
        severity: "WARNING",
        runbook: `A handler was paused or cut off for longer than its lease, another delivery took the event over, and the write of the first was refused: the record is right. What the first did outside the store may have happened twice.

1. ${lines('outcome="leaseLost"')} says which handler.
2. Look for what blocks the event loop, for CPU that is throttled between requests, and for memory that runs out.`,
      },
      "writes were fenced",
    ),
    {
      id: "LeaseMargin",
      title: `${stack}: handlers come close to losing their leases`,
      severity: "WARNING",
      ...EXPLAINED,
      conditions: runOn.map((resourceType) => ({
        title: "one event in twenty ended with less than a third of its lease left",
        metric: { ...metrics.leaseMargin, resourceType },
        aligner: "ALIGN_PERCENTILE_05",
        periodSeconds: 300,
        below: LEAST_MARGIN,
        // A handler that has no events has no margin.
        nothing: "no-news",
        forSeconds: 300,
      })),
      runbook: `A lease is renewed when a third of it has passed. With less than a third left at the end two renewals were late or failed; at none, another delivery may take the event over while it is still being handled.

1. ${lines("leaseMargin<0.33")} says which handler.
2. Look for what blocks its event loop, for CPU that is throttled between requests, and for a store that answers slowly. A transaction of \`ctx.commitIn\` renews nothing while it lasts.`,
    },
    alarm(
      "takeovers",
      5,
      {
        id: "Takeovers",
        title: `${stack}: events are taken over from instances that went silent`,
        severity: "WARNING",
        runbook: `Instances end, or stall, with events in their hands; each comes again when its lease ends, later than it should.

1. ${lines("takeover=true")} says which handler.
2. Look at its memory, at its crashes, and at its time limit.`,
      },
      "more than 5 events in 5 minutes were taken over",
    ),
    alarm(
      "keyReuse",
      0,
      {
        id: "KeyReuse",
        title: `${stack}: two different events have one key`,
        severity: "ERROR",
        runbook: `The second was parked and not handled: acknowledging it as a duplicate would have lost it.

1. ${lines('cause.class="KeyReuse"')} says which handler.
2. Add to the contract's key what tells the two apart (\`docs/errors.md#mr3023\`), deploy, and redrive with \`--cause KeyReuse\`.`,
      },
      "keys were used twice",
    ),
  ];
}

/** @param runOn types of resources that the handlers run on; a series looks at one */
export function counterSection(stack: string, metrics: Metrics, runOn: readonly HandlerResource[]): DashboardSection {
  const byHandler = ["metric.labels.handler"];
  const each = (counter: CounterName, one: Pick<Series, "aligner" | "reducer" | "by" | "legend">) =>
    runOn.map((resourceType): Series => ({ ...one, metric: { ...metrics[counter], resourceType } }));
  const rate = (counter: CounterName, { by = byHandler, legend }: Pick<Series, "by" | "legend"> = {}) =>
    each(counter, { aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", by, ...(legend !== undefined && { legend }) });
  return {
    title: `handlers of ${stack}`,
    kind: "handlers",
    charts: [
      chart("duplicates replayed", rate("replays")),
      chart("takeovers and fenced writes", [
        ...rate("takeovers", { legend: "takeovers" }),
        ...rate("fencedWrites", { legend: "fenced" }),
      ]),
      // A heatmap is of one series.
      ...each("leaseMargin", { aligner: "ALIGN_DELTA" }).map((series) => {
        const of = runOn.length === 1 ? "" : `, ${HANDLER_RESOURCES[series.metric.resourceType as HandlerResource]}`;
        return chart(`left of the lease, as a share${of}`, series, { shape: "heatmap" });
      }),
      chart("parked, by class", rate("parked", { by: [...byHandler, "metric.labels.class"] }), {
        shape: "stacked-bar",
      }),
    ],
  };
}
