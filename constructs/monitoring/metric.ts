/** A time series of Cloud Monitoring. https://cloud.google.com/monitoring/api/metrics_gcp */
export interface Metric {
  /** `pubsub.googleapis.com/subscription/oldest_unacked_message_age` */
  readonly type: string;
  /** `pubsub_subscription` */
  readonly resourceType: string;
  /** Labels of the resource, all of which must hold. */
  readonly resourceLabels: Readonly<Record<string, LabelTest>>;
  /** Labels of the metric. @default all series */
  readonly metricLabels?: Readonly<Record<string, LabelTest>>;
}

/** Each of a kind's metrics, of one of that kind. */
export const metricsFor = <Name extends string, One>(
  metrics: Readonly<Record<Name, (one: One) => Metric>>,
  one: One,
): Readonly<Record<Name, Metric>> =>
  Object.fromEntries(
    Object.entries<(one: One) => Metric>(metrics).map(([name, metric]) => [name, metric(one)]),
  ) as Record<Name, Metric>;

/** The label's value; or every value but one, or every value that starts alike. */
export type LabelTest = string | { readonly not: string } | { readonly startsWith: string };

/** How the points of a period become one. */
export type Aligner =
  | "ALIGN_MAX"
  | "ALIGN_MEAN"
  | "ALIGN_DELTA"
  | "ALIGN_RATE"
  | "ALIGN_PERCENTILE_05"
  | "ALIGN_PERCENTILE_95"
  | "ALIGN_SUM";

/** How several series become one. */
export type Reducer = "REDUCE_SUM" | "REDUCE_MAX" | "REDUCE_MEAN";

/** The metric in Cloud Monitoring's filter language, which wants the types of metric and resource both. */
export function renderMetric(metric: Metric): string {
  const { type, resourceType, resourceLabels, metricLabels = {} } = metric;
  return [
    `metric.type = ${quote(type)}`,
    `resource.type = ${quote(resourceType)}`,
    ...Object.entries(resourceLabels).map(([label, test]) => renderTest(`resource.labels.${label}`, test)),
    ...Object.entries(metricLabels).map(([label, test]) => renderTest(`metric.labels.${label}`, test)),
  ].join(" AND ");
}

function renderTest(label: string, test: LabelTest): string {
  if (typeof test === "string") return `${label} = ${quote(test)}`;
  return "not" in test ? `${label} != ${quote(test.not)}` : `${label} = starts_with(${quote(test.startsWith)})`;
}

const quote = (text: string) => `"${text}"`;
