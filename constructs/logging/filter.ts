/** Which audited calls. */
export interface AuditFilter {
  /** The API: `storage.googleapis.com`. */
  readonly service: string;
  /** The method: `storage.objects.create`. */
  readonly method: string;
  /** Start of the name of the resource that is called upon: `projects/_/buckets/incoming/objects/`. @default any */
  readonly resourcePrefix?: string;
  /** Whose calls. @default anybody's */
  readonly principal?: string;
  /** Calls that failed too. @default false: calls that did what they were to do */
  readonly failures?: boolean;
  /** More conditions, in Cloud Logging's query language. @default none */
  readonly where?: string;
}

/** A query of audited calls. https://cloud.google.com/logging/docs/view/logging-query-language */
export function auditFilter({ service, method, resourcePrefix, principal, failures, where }: AuditFilter): string {
  return [
    // The index that every such query should name. https://cloud.google.com/logging/docs/view/logging-query-language#finding-quickly
    `log_id("cloudaudit.googleapis.com/activity") OR log_id("cloudaudit.googleapis.com/data_access") OR log_id("cloudaudit.googleapis.com/system_event")`,
    `protoPayload.serviceName = ${quoted(service)}`,
    `protoPayload.methodName = ${quoted(method)}`,
    ...(resourcePrefix === undefined ? [] : [`protoPayload.resourceName =~ ${quoted(`^${regular(resourcePrefix)}`)}`]),
    ...(principal === undefined ? [] : [`protoPayload.authenticationInfo.principalEmail = ${quoted(principal)}`]),
    // Long-running calls are logged twice, and the status stands at the end.
    ...(failures ? [] : ["NOT protoPayload.status.code > 0"]),
    ...(where === undefined ? [] : [where]),
  ]
    .map((condition) => `(${condition})`)
    .join(" AND ");
}

const quoted = (text: string) => JSON.stringify(text);
const regular = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
