import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { check, enableApi, escapeTemplate, MillraceStack, type Rule } from "../core";
import { MonitoringAlertPolicy } from "../l1/monitoring";
import { type Alarm, type AlarmCondition, metricsOf, type ThresholdCondition } from "./alarm";
import { renderMetric } from "./metric";
import type { INotificationChannel } from "./notification-channel";

export interface AlertPolicyProps {
  readonly alarm: Alarm;
  /** Who is told. @default nobody: incidents are opened silently */
  readonly notify?: readonly INotificationChannel[];
  /** What must exist before it, a metric of the stack's own say. @default nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** An alarm that watches. */
export class AlertPolicy extends Construct {
  readonly resource: MonitoringAlertPolicy;
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: AlertPolicyProps) {
    super(scope, id);
    this.alarm = props.alarm;
    check(this, props.alarm, RULES);
    this.resource = this.render(props.alarm, props.notify ?? [], props.dependsOn ?? []);
  }

  private render(
    alarm: Alarm,
    notify: readonly INotificationChannel[],
    before: readonly ITerraformDependable[],
  ): MonitoringAlertPolicy {
    const { projectId: project, labels, docsUrl } = MillraceStack.of(this).context;
    const { page } = alarm;
    const content =
      page === undefined ? alarm.runbook : `${alarm.runbook}\n\nMore: \`${page}\` of the package millrace.`;
    return new MonitoringAlertPolicy(this, "Resource", {
      project,
      displayName: escapeTemplate(alarm.title),
      combiner: "OR",
      severity: alarm.severity,
      conditions: alarm.conditions.map(renderCondition),
      documentation: {
        content: escapeTemplate(content),
        mimeType: "text/markdown",
        links:
          docsUrl === undefined || page === undefined
            ? undefined
            : [{ displayName: "documentation", url: `${docsUrl}/${page}` }],
      },
      // A line of the log opens an incident each time, so Google wants to know how often somebody is told.
      alertStrategy: alarm.conditions.some((one) => "log" in one)
        ? { notificationRateLimit: { period: LOG_PERIOD } }
        : undefined,
      notificationChannels: notify.map(({ reference }) => reference),
      // The provider's default labels reach `labels` alone.
      userLabels: { ...labels },
      dependsOn: [enableApi(this, "monitoring.googleapis.com"), ...before],
    });
  }
}

const LOG_PERIOD = "300s";

function renderCondition(condition: AlarmCondition) {
  const displayName = condition.title;
  if ("log" in condition) return { displayName, conditionMatchedLog: { filter: escapeTemplate(condition.log) } };
  const common = { filter: renderMetric(condition.metric), aggregations: [aggregation(condition)] };
  if ("absentForSeconds" in condition)
    return { displayName, conditionAbsent: { ...common, duration: `${condition.absentForSeconds}s` } };
  if ("below" in condition)
    return {
      displayName,
      conditionThreshold: {
        ...common,
        comparison: "COMPARISON_LT",
        thresholdValue: condition.below,
        duration: `${condition.forSeconds}s`,
        // A series of which nothing happens any more ends: without this, nobody would compare it.
        evaluationMissingData: condition.nothing === "no-news" ? undefined : "EVALUATION_MISSING_DATA_ACTIVE",
      },
    };
  return {
    displayName,
    conditionThreshold: {
      ...common,
      denominatorFilter: condition.of && renderMetric(condition.of),
      denominatorAggregations: condition.of && [aggregation(condition)],
      comparison: "COMPARISON_GT",
      thresholdValue: condition.above,
      duration: `${condition.forSeconds}s`,
    },
  };
}

const aggregation = ({
  aligner,
  periodSeconds,
  reducer,
}: Pick<ThresholdCondition, "aligner" | "periodSeconds" | "reducer">) => ({
  perSeriesAligner: aligner,
  alignmentPeriod: `${periodSeconds}s`,
  crossSeriesReducer: reducer,
});

/** How long a condition must hold, seconds. */
const heldFor = (condition: AlarmCondition) =>
  "log" in condition ? 0 : "absentForSeconds" in condition ? condition.absentForSeconds : condition.forSeconds;

/** 23 h 30 min, said by users and in no definition of Google's; hence a warning. */
const LONGEST_ABSENCE_SECONDS = 84_600;

/** google/monitoring/v3/common.proto: `Aggregation.alignment_period` of alert policies */
const LONGEST_PERIOD_SECONDS = 90_000;

/** google/monitoring/v3/alert.proto and google/monitoring/v3/common.proto */
const RULES: readonly Rule<Alarm>[] = [
  {
    code: "MR1701",
    fault: ({ conditions }) =>
      (conditions.length < 1 || conditions.length > 6) && {
        problem: `an alert policy takes 1–6 conditions, not ${conditions.length}`,
      },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) => {
      const odd = conditions.find((one) => "periodSeconds" in one && one.periodSeconds < 60);
      return odd && { problem: `the period of "${odd.title}" is shorter than 60 s` };
    },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) => {
      const odd = conditions.find((one) => heldFor(one) < 0 || heldFor(one) % 60 !== 0);
      return odd && { problem: `"${odd.title}" must hold for ${heldFor(odd)} s, which is not in whole minutes` };
    },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) => {
      const odd = conditions.find((one) => "periodSeconds" in one && one.periodSeconds > LONGEST_PERIOD_SECONDS);
      return odd && { problem: `the period of "${odd.title}" is longer than 25 hours` };
    },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) => {
      const odd = conditions.find((one) => "below" in one && one.forSeconds < 60);
      return odd && { problem: `"${odd.title}" must hold for 60 s at least: nothing at all is not noticed at once` };
    },
  },
  {
    code: "MR1701",
    severity: "warning",
    fault: ({ conditions }) => {
      const odd = conditions.find((one) => "absentForSeconds" in one && one.absentForSeconds > LONGEST_ABSENCE_SECONDS);
      return odd && { problem: `"${odd.title}" waits for ${heldFor(odd)} s, which Google is said to refuse` };
    },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) =>
      conditions.length > 1 &&
      conditions.some((one) => "log" in one) && {
        problem: "a condition on the log stands beside others",
        fix: "make an alarm of its own of it",
      },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) =>
      conditions.flatMap(metricsOf).some((metric) => renderMetric(metric).length > 2_048) && {
        problem: "a metric's filter is longer than 2048 characters",
        fix: "watch fewer labels in one condition",
      },
  },
  {
    code: "MR1701",
    fault: ({ title, runbook }) =>
      (title.length > 512 || runbook.length > 8_000) && {
        problem: `the title has ${title.length} characters and the runbook ${runbook.length}; at most are 512 and 8000`,
        fix: "shorten them, and link to the rest",
      },
  },
];
