/** Attribute in which Google's clients carry the trace that a message belongs to. */
export const TRACE_ATTRIBUTE = "googclient_traceparent";

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00 */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The first of several that is a trace context: what a message says of itself comes before what carried it. */
export const firstTrace = (...candidates: readonly (string | string[] | undefined)[]): string | undefined =>
  candidates.find((text): text is string => typeof text === "string" && TRACEPARENT.test(text));

/** Ties a line to its trace: https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields */
export function traceFields(traceparent: string | undefined, project: string | undefined): Record<string, string> {
  return traceparent && project
    ? { "logging.googleapis.com/trace": `projects/${project}/traces/${traceparent.slice(3, 35)}` }
    : {};
}
