export { auditFilter, type AuditFilter } from "./filter";
export type { AuditedCalls, AuditLogName } from "./audit-logs";
export { LogSink, type LogSinkProps } from "./log-sink";
