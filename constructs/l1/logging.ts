export { LoggingMetric } from "@cdktf/provider-google/lib/logging-metric/index.js";
export { LoggingProjectSink } from "@cdktf/provider-google/lib/logging-project-sink/index.js";
export { ProjectIamAuditConfig } from "@cdktf/provider-google/lib/project-iam-audit-config/index.js";
