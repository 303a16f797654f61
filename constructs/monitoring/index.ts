export type { AbsenceCondition, Alarm, AlarmCondition, LogCondition, ThresholdCondition } from "./alarm";
export { AlertPolicy, type AlertPolicyProps } from "./alert-policy";
export { StackDashboard } from "./dashboard";
export { type Aligner, type LabelTest, type Metric, type Reducer, renderMetric } from "./metric";
export { type IMonitored, isMonitored, monitor, type MonitoringProps } from "./monitored";
export { type INotificationChannel, NotificationChannel, type NotificationChannelProps } from "./notification-channel";
export { type Chart, chart, type DashboardSection, type Series } from "./section";
export { HandlerCounters } from "./handler-counters";
