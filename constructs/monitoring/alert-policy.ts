import { Construct } from "constructs";
import { check, enableApi, escapeTemplate, MillraceStack, type Rule } from "../core";
import { MonitoringAlertPolicy } from "../l1/monitoring";
import { type Alarm, type AlarmCondition, type Metric, renderMetric } from "./alarm";
import type { INotificationChannel } from "./notification-channel";

export interface AlertPolicyProps {
  readonly alarm: Alarm;
  /** Who is told. @default nobody: incidents are opened silently */
  readonly notify?: readonly INotificationChannel[];
}

/** An alarm that watches. */
export class AlertPolicy extends Construct {
  readonly resource: MonitoringAlertPolicy;
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: AlertPolicyProps) {
    super(scope, id);
    this.alarm = props.alarm;
    check(this, props.alarm, RULES);
    this.resource = this.render(props.alarm, props.notify ?? []);
  }

  private render(alarm: Alarm, notify: readonly INotificationChannel[]): MonitoringAlertPolicy {
    const { projectId: project, labels } = MillraceStack.of(this).context;
    return new MonitoringAlertPolicy(this, "Resource", {
      project,
      displayName: escapeTemplate(alarm.title),
      combiner: "OR",
      severity: alarm.severity,
      conditions: alarm.conditions.map((condition) => ({
        displayName: condition.title,
        conditionThreshold: {
          filter: renderMetric(condition.metric),
          aggregations: [aggregation(condition)],
          denominatorFilter: condition.of && renderMetric(condition.of),
          denominatorAggregations: condition.of && [aggregation(condition)],
          comparison: "COMPARISON_GT",
          thresholdValue: condition.above,
          duration: `${condition.forSeconds}s`,
        },
      })),
      documentation: { content: escapeTemplate(alarm.runbook), mimeType: "text/markdown" },
      notificationChannels: notify.map(({ reference }) => reference),
      // The provider's default labels reach `labels` alone.
      userLabels: { ...labels },
      dependsOn: [enableApi(this, "monitoring.googleapis.com")],
    });
  }
}

const aggregation = ({ aligner, periodSeconds, reducer }: AlarmCondition) => ({
  perSeriesAligner: aligner,
  alignmentPeriod: `${periodSeconds}s`,
  crossSeriesReducer: reducer,
});

const metricsOf = ({ conditions }: Alarm): readonly Metric[] =>
  conditions.flatMap(({ metric, of }) => (of ? [metric, of] : [metric]));

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
      const odd = conditions.find(({ periodSeconds }) => periodSeconds < 60);
      return odd && { problem: `the period of "${odd.title}" is ${odd.periodSeconds} s; the least is 60 s` };
    },
  },
  {
    code: "MR1701",
    fault: ({ conditions }) => {
      const odd = conditions.find(({ forSeconds }) => forSeconds < 0 || forSeconds % 60 !== 0);
      return odd && { problem: `"${odd.title}" must hold for ${odd.forSeconds} s, which is not in whole minutes` };
    },
  },
  {
    code: "MR1701",
    fault: (alarm) =>
      metricsOf(alarm).some((metric) => renderMetric(metric).length > 2_048) && {
        problem: "a metric's filter is longer than 2048 characters",
        fix: "watch fewer labels in one condition",
      },
  },
  {
    code: "MR1701",
    fault: ({ title, runbook }) =>
      (title.length > 512 || runbook.length > 8_192) && {
        problem: `the title has ${title.length} characters and the runbook ${runbook.length}; at most are 512 and 8192`,
        fix: "shorten them, and link to the rest",
      },
  },
];
