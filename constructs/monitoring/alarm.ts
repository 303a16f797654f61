import type { Aligner, Metric, Reducer } from "./metric";

/** A value that is too high. */
export interface ThresholdCondition {
  /** What is then the case: `messages wait for more than 10 minutes`. */
  readonly title: string;
  readonly metric: Metric;
  readonly aligner: Aligner;
  /** Length of a period, seconds, at least 60. */
  readonly periodSeconds: number;
  /** How the series become one. @default each series by itself */
  readonly reducer?: Reducer;
  /** The share that `metric` has of this one is compared, rather than its value. @default its value */
  readonly of?: Metric;
  /** Fires above this value. */
  readonly above: number;
  /** How long it must hold, seconds, in whole minutes. 0: at the first point. */
  readonly forSeconds: number;
}

/** A metric that nothing writes any more: what should happen regularly has not. */
export interface AbsenceCondition {
  readonly title: string;
  readonly metric: Metric;
  readonly aligner: Aligner;
  /** Length of a period, seconds, at least 60. */
  readonly periodSeconds: number;
  /** @default each series by itself */
  readonly reducer?: Reducer;
  /** How long there has been nothing, seconds, in whole minutes; at most a day. */
  readonly absentForSeconds: number;
}

/** A value that is too low, or too little of what should happen at least so often. */
export interface ScarcityCondition {
  readonly title: string;
  readonly metric: Metric;
  readonly aligner: Aligner;
  /** Length of a period, seconds, 60–90000 (25 hours). */
  readonly periodSeconds: number;
  /** @default each series by itself */
  readonly reducer?: Reducer;
  /** Fires below this value. */
  readonly below: number;
  /** What it means that there is no value. @default "too-little" */
  readonly nothing?: "too-little" | "no-news";
  /** How long it must hold, seconds, in whole minutes, at least 60. */
  readonly forSeconds: number;
}

/** A line of the log. An alarm has this one condition or any number of the others. */
export interface LogCondition {
  readonly title: string;
  /** In the query language of Cloud Logging. */
  readonly log: string;
}

/** When an alarm fires. */
export type AlarmCondition = ThresholdCondition | AbsenceCondition | ScarcityCondition | LogCondition;

/** An alarm as data: constructs offer them, an alert policy is made of each. */
export interface Alarm {
  /** Id of the alert policy's construct, unique among those of one construct. */
  readonly id: string;
  /** First line of the notification. */
  readonly title: string;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  /** Any of them fires the alarm, 1–6. */
  readonly conditions: readonly AlarmCondition[];
  /** What it means and what to do, with commands that can be pasted. Markdown. */
  readonly runbook: string;
  /** Page of this documentation that says more: `docs/pubsub/dead-letters.md#look`. @default none */
  readonly page?: string;
}

/** The metrics that a condition looks at; none for a line of the log. */
export function metricsOf(condition: AlarmCondition): readonly Metric[] {
  if ("log" in condition) return [];
  return "of" in condition && condition.of ? [condition.metric, condition.of] : [condition.metric];
}
