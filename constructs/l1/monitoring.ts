export { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy/index.js";
export { MonitoringDashboard } from "@cdktf/provider-google/lib/monitoring-dashboard/index.js";
export { MonitoringNotificationChannel } from "@cdktf/provider-google/lib/monitoring-notification-channel/index.js";
