import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { dataflowMetrics as metrics } from "./metrics";

/** What the alarms and charts of a job speak of. */
export interface WatchedJob {
  /** For titles. */
  readonly title: string;
  readonly jobName: string;
  readonly projectId: string;
  readonly region: string;
  readonly streaming: boolean;
}

/** Thresholds are ours, seconds. */
export const TOO_LATE = { lag: 300, watermark: 600 } as const;

/** The alarms every job comes with; one that ends by itself cannot fall behind. */
export const jobAlarms = (watched: WatchedJob): readonly Alarm[] => [
  failed(watched),
  ...(watched.streaming ? [lag(watched)] : []),
];

const commands = ({ jobName, projectId, region }: WatchedJob) =>
  `- The job: \`gcloud dataflow jobs list --project=${projectId} --region=${region} --filter=name=${jobName}\`
- What it says: \`gcloud logging read 'resource.type="dataflow_step" resource.labels.job_name="${jobName}" severity>=ERROR' --project=${projectId} --limit=20\``;

const failed = (watched: WatchedJob): Alarm => ({
  id: "JobFailed",
  title: `${watched.title}: the job has failed`,
  severity: "CRITICAL",
  page: "docs/dataflow/job.md#the-job-has-failed",
  conditions: [
    {
      title: "the job has failed",
      metric: metrics.failed(watched.jobName),
      aligner: "ALIGN_MAX",
      periodSeconds: 60,
      above: 0,
      forSeconds: 0,
    },
  ],
  runbook: `Nothing works any more; what is not read waits in its subscription until the retention ends.

${commands(watched)}

Mend the cause and apply again: Terraform makes a job that has ended anew.`,
});

const lag = (watched: WatchedJob): Alarm => {
  const late = (title: string, metric: Metric, above: number) =>
    ({ title, metric, aligner: "ALIGN_MAX", periodSeconds: 60, above, forSeconds: 300 }) as const;
  const { jobName } = watched;
  return {
    id: "JobLag",
    title: `${watched.title}: the job falls behind`,
    severity: "WARNING",
    page: "docs/dataflow/job.md#the-job-falls-behind",
    conditions: [
      late(`an element has waited for more than ${TOO_LATE.lag} s`, metrics.systemLag(jobName), TOO_LATE.lag),
      late(`the watermark is more than ${TOO_LATE.watermark} s old`, metrics.watermarkAge(jobName), TOO_LATE.watermark),
    ],
    runbook: `The job is slower than its input, or one element fails again and again and holds up its bundle.

${commands(watched)}

Without errors: look whether it runs with as many workers as it may (\`workers.max\`).`,
  };
};
