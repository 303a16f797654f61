import type { Construct } from "constructs";
import { addIssue, MillraceStack } from "../core";
import type { Alarm } from "./alarm";
import { AlertPolicy } from "./alert-policy";
import { StackDashboard } from "./dashboard";
import type { Metric } from "./metric";
import type { INotificationChannel } from "./notification-channel";
import type { DashboardSection } from "./section";

/** What a construct offers to those who run it, as data. */
export interface IMonitored {
  /** Its time series, by what they show. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Its alarms, made or not. */
  readonly alarms: readonly Alarm[];
  /** What it shows on the dashboard of its stack. */
  readonly sections: readonly DashboardSection[];
}

/** Whether something, a workload of somebody else's say, offers anything. */
export const isMonitored = (value: object): value is IMonitored =>
  ["metrics", "alarms", "sections"].every((key) => key in value);

/** Off switches, and who is told: props of everything that is monitored. */
export interface MonitoringProps {
  /** Who is told when an alarm fires. @default nobody: incidents are opened silently */
  readonly notify?: readonly INotificationChannel[];
  /** `false` makes no alert policies. @default they are made, unless the stack makes none */
  readonly alarms?: boolean;
  /** `false` shows nothing on the stack's dashboard. @default shown, unless the stack has none */
  readonly dashboard?: boolean;
}

/** Makes the alert policies of a construct below it, and puts its sections on the dashboard of its stack. */
export function monitor(construct: Construct & Pick<IMonitored, "alarms" | "sections">, props: MonitoringProps = {}) {
  const { context } = MillraceStack.of(construct);
  const { alarms = context.alarms, dashboard = context.dashboard, notify } = props;
  if (alarms && context.alarms)
    for (const alarm of construct.alarms) new AlertPolicy(construct, alarm.id, { alarm, notify });
  if (dashboard && context.dashboard && construct.sections.length > 0)
    StackDashboard.of(construct).add(construct, construct.sections);
}

/** Reports alarms that tell nobody, in a stack that is protected because somebody depends on it. */
export function checkTold(construct: Construct, { notify = [], alarms }: MonitoringProps, what: string): void {
  const { context } = MillraceStack.of(construct);
  if (!context.deletionProtection || !(alarms ?? context.alarms) || notify.length > 0) return;
  addIssue(construct, "MR1702", { problem: `its alarms tell nobody: ${what} would go unnoticed` }, "warning");
}
