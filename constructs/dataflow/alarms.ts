import type { Alarm, AlarmCondition } from "../monitoring/alarm";
import { subscriptionMetrics } from "../pubsub/metrics";
import { dataflowMetrics as metrics } from "./metrics";

/** What the alarms of a streaming job speak of. */
export interface WatchedJob {
  /** For titles. */
  readonly title: string;
  readonly jobName: string;
  readonly region: string;
  /** What the job reads. */
  readonly subscriptionId: string;
}

/** Thresholds are ours. */
const LAG_SECONDS = 300;
const WATERMARK_SECONDS = 600;
const BACKLOG_SECONDS = 600;

const gauge = (title: string, metric: AlarmCondition["metric"], above: number, forSeconds: number): AlarmCondition => ({
  title,
  metric,
  aligner: "ALIGN_MAX",
  periodSeconds: 60,
  above,
  forSeconds,
});

/** The alarms every streaming job comes with. */
export function streamingJobAlarms({ title, jobName, region, subscriptionId }: WatchedJob): readonly Alarm[] {
  const logs = `\`gcloud dataflow jobs list --region=${region} --filter=name=${jobName}\` finds the job, \`gcloud logging read 'resource.type=dataflow_step resource.labels.job_name=${jobName} severity>=ERROR' --limit=20\` what it says.`;
  return [
    {
      id: "JobFailed",
      title: `${title}: the job has failed`,
      severity: "CRITICAL",
      conditions: [gauge("the job has failed", metrics.failed(jobName), 0, 0)],
      runbook: `Nothing reads \`${subscriptionId}\` any more; messages wait there until its retention ends. ${logs}\n\nMend the cause and apply again: Terraform starts a job that has ended anew.`,
    },
    {
      id: "JobLag",
      title: `${title}: the job falls behind`,
      severity: "WARNING",
      conditions: [
        gauge(`an item has waited for more than ${LAG_SECONDS} s`, metrics.systemLag(jobName), LAG_SECONDS, 300),
        gauge(
          `the watermark is more than ${WATERMARK_SECONDS} s old`,
          metrics.watermarkAge(jobName),
          WATERMARK_SECONDS,
          300,
        ),
      ],
      runbook: `The job is slower than its input, or one element fails again and again and holds back all others of its bundle. ${logs}\n\nIf there are no errors, look whether it runs with as many workers as it may (\`workers.max\`).`,
    },
    {
      id: "BacklogAge",
      title: `${title}: messages wait too long`,
      severity: "WARNING",
      conditions: [
        gauge(
          `the oldest message has waited for more than ${BACKLOG_SECONDS} s`,
          subscriptionMetrics.oldestAge(subscriptionId),
          BACKLOG_SECONDS,
          300,
        ),
      ],
      runbook: `No job acknowledges the messages of \`${subscriptionId}\`. A job acknowledges what it has written, so a failing step shows here first. ${logs}`,
    },
  ];
}
