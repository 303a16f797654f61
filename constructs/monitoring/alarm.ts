/** A time series of Cloud Monitoring. https://cloud.google.com/monitoring/api/metrics_gcp */
export interface Metric {
  /** `pubsub.googleapis.com/subscription/oldest_unacked_message_age` */
  readonly type: string;
  /** `pubsub_subscription` */
  readonly resourceType: string;
  /** Labels of the resource, all of which must be equal. */
  readonly resourceLabels: Readonly<Record<string, string>>;
  /** Labels of the metric; `not` for all series but those. @default all series */
  readonly metricLabels?: Readonly<Record<string, string | { readonly not: string }>>;
}

/** When an alarm fires. */
export interface AlarmCondition {
  /** What is then the case: `messages wait for more than 10 minutes`. */
  readonly title: string;
  readonly metric: Metric;
  /** How the points of a period become one. */
  readonly aligner: "ALIGN_MAX" | "ALIGN_MEAN" | "ALIGN_DELTA" | "ALIGN_RATE" | "ALIGN_PERCENTILE_95";
  /** Length of a period, seconds, at least 60. */
  readonly periodSeconds: number;
  /** How the series become one. @default each series by itself */
  readonly reducer?: "REDUCE_SUM" | "REDUCE_MAX";
  /** The share that `metric` has of this one is compared, rather than its value. @default its value */
  readonly of?: Metric;
  /** Fires above this value. */
  readonly above: number;
  /** How long it must hold, seconds, in whole minutes. 0: at the first point. */
  readonly forSeconds: number;
}

/** An alarm as data: constructs offer them, an alert policy is made of each. */
export interface Alarm {
  /** Id of the alert policy's construct, unique among those of one construct. */
  readonly id: string;
  /** First line of the notification. */
  readonly title: string;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  /** Any of them fires the alarm, 1–6. */
  readonly conditions: readonly AlarmCondition[];
  /** What it means and what to do, Markdown. */
  readonly runbook: string;
}

/** The metric in Cloud Monitoring's filter language, which wants the types of metric and resource both. */
export function renderMetric(metric: Metric): string {
  const { type, resourceType, resourceLabels, metricLabels = {} } = metric;
  const parts = [`metric.type = ${quote(type)}`, `resource.type = ${quote(resourceType)}`];
  for (const [label, value] of Object.entries(resourceLabels)) parts.push(`resource.labels.${label} = ${quote(value)}`);
  for (const [label, value] of Object.entries(metricLabels))
    parts.push(`metric.labels.${label} ${typeof value === "string" ? `= ${quote(value)}` : `!= ${quote(value.not)}`}`);
  return parts.join(" AND ");
}

const quote = (text: string) => `"${text}"`;
