import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type Chart, chart } from "../monitoring/section";

/* What everything that Cloud Run runs in instances shows of them: services, functions, worker pools. */
const SHARE_OF_MEMORY = 0.9;

interface Memory {
  readonly name: string;
  readonly metric: Metric;
  /** What an instance that is killed takes along, and what becomes of that. */
  readonly lost: string;
  /** The command that shows whether one was killed. */
  readonly killed: string;
}

export const memoryAlarm = ({ name, metric, lost, killed }: Memory): Alarm => ({
  id: "Memory",
  title: `${name}: memory runs out`,
  severity: "WARNING",
  page: "docs/monitoring.md#memory-runs-out",
  conditions: [
    {
      title: `an instance uses more than ${SHARE_OF_MEMORY * 100} % of its memory`,
      metric,
      aligner: "ALIGN_PERCENTILE_95",
      periodSeconds: 60,
      reducer: "REDUCE_MAX",
      above: SHARE_OF_MEMORY,
      forSeconds: 600,
    },
  ],
  runbook: `An instance of \`${name}\` that runs out of memory is killed ${lost}.

1. Was one killed? ${killed}.
2. Does memory rise with the age of an instance (a leak), or with the load? The dashboard tells. For a leak: what do modules keep between events? For load: lower the contract's \`concurrency\`, or raise \`memory\`.`,
});

/** CPU, memory and time to start. */
export const instanceCharts = ({
  cpu,
  memory,
  startup,
}: Readonly<Record<"cpu" | "memory" | "startup", Metric>>): readonly Chart[] => [
  chart("CPU in use, p95", { metric: cpu, aligner: "ALIGN_PERCENTILE_95", reducer: "REDUCE_MAX" }),
  chart(
    "memory in use, p95",
    { metric: memory, aligner: "ALIGN_PERCENTILE_95", reducer: "REDUCE_MAX" },
    { threshold: SHARE_OF_MEMORY },
  ),
  chart("time to start, p95, ms", { metric: startup, aligner: "ALIGN_PERCENTILE_95", reducer: "REDUCE_MAX" }),
];
