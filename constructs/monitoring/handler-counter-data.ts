import type { Alarm } from "./alarm";
import type { Metric } from "./metric";
import { chart, type DashboardSection } from "./section";

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
    what: "what was left of the lease at the end, milliseconds",
    where: "jsonPayload.leaseMarginMs:*",
    value: "jsonPayload.leaseMarginMs",
  },
  keyReuse: {
    what: "events whose key belongs to another event",
    where: 'jsonPayload.outcome="parked" AND jsonPayload.cause.class="KeyReuse"',
  },
  parked: { what: "events parked", where: 'jsonPayload.outcome="parked"', class: true },
} as const satisfies Record<string, Counter>;

export type CounterName = keyof typeof COUNTERS;

type Metrics = Readonly<Record<CounterName, Metric>>;

/** Kinds of workloads that handlers run on; a condition looks at one. */
const RESOURCES = ["cloud_run_revision", "cloud_run_job", "cloud_run_worker_pool"] as const;

export function counterAlarms(stack: string, project: string, metrics: Metrics): readonly Alarm[] {
  const alarm = (
    counter: CounterName,
    above: number,
    one: Omit<Alarm, "conditions" | "page">,
    title: string,
  ): Alarm => ({
    ...one,
    page: "docs/monitoring.md#what-handlers-count",
    conditions: RESOURCES.map((resourceType) => ({
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

export function counterSection(stack: string, metrics: Metrics): DashboardSection {
  const byHandler = ["metric.labels.handler"];
  const rate = (metric: Metric, by = byHandler) =>
    ({ metric, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", by }) as const;
  return {
    title: `handlers of ${stack}`,
    kind: "handlers",
    charts: [
      chart("duplicates replayed", rate(metrics.replays)),
      chart("takeovers and fenced writes", [
        { ...rate(metrics.takeovers), legend: "takeovers" },
        { ...rate(metrics.fencedWrites), legend: "fenced" },
      ]),
      chart("left of the lease, ms", { metric: metrics.leaseMargin, aligner: "ALIGN_DELTA" }, { shape: "heatmap" }),
      chart("parked, by class", rate(metrics.parked, [...byHandler, "metric.labels.class"]), { shape: "stacked-bar" }),
    ],
  };
}
