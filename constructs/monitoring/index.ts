export { type Alarm, type AlarmCondition, type Metric, renderMetric } from "./alarm";
export { AlertPolicy, type AlertPolicyProps } from "./alert-policy";
export { type INotificationChannel, NotificationChannel, type NotificationChannelProps } from "./notification-channel";
