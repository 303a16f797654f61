import type { Callee } from "../../language/workflows/callees";
import type { Fault, IPushTarget } from "../core";

const JSON_EVENT = /^application\/cloudevents\+json/i;
const JSON_BATCH = /^application\/cloudevents-batch\+json/i;

/** The transports one of which a handler needs for what a step sends: none for what is no event. */
function transportsFor({ headers, members }: Callee): readonly string[] | "a push" | "known when it runs" {
  const type = headers?.["content-type"];
  if (!headers || ("content-type" in headers && !type)) return "known when it runs";
  if ("x-goog-pubsub-message-id" in headers || members?.includes("message")) return "a push";
  if ("x-millrace-workflow-execution" in headers) return ["workflowSteps"];
  if (type && JSON_BATCH.test(type.text)) return ["cloudEventsBatch"];
  return "ce-specversion" in headers || (type && JSON_EVENT.test(type.text)) ? ["cloudEvents", "eventarc"] : [];
}

/** What a step sends that the handler behind its target refuses, so that the step always fails. */
export interface Refusal extends Fault {
  readonly code: "MR1338" | "MR1566";
  readonly severity: "error" | "warning";
}

export function refusalOf(callee: Callee, { understands }: IPushTarget): Refusal | undefined {
  const needed = understands && transportsFor(callee);
  if (!needed || typeof needed === "string" || needed.some((name) => understands.includes(name))) return undefined;
  const { path, members } = callee;
  const [transport] = needed;
  if (transport !== undefined)
    return {
      code: "MR1338",
      severity: "error",
      problem: `${path} sends what the handler was not packaged to understand: every request is refused`,
      fix: `set transports: ["${transport}"] on the workload`,
    };
  const problem = `${path} sends a plain request to a handler, which takes events and answers anything else with 400`;
  // An event of Pub/Sub that starts a workflow holds the body of a push, to be sent on as it is.
  if (!members)
    return { code: "MR1566", severity: "warning", problem: `${problem}; unless the body is that of a push` };
  return { code: "MR1566", severity: "error", problem };
}
