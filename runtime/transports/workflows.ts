import type { IncomingHttpHeaders } from "node:http";
import { type Decoded, undecodable } from "../decode/incoming";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Outcome, StatusOf } from "../outcome";
import type { Transport } from "../transport";
import { payloadOf } from "./body";

/** Headers that a workflow's call has to set, since Workflows itself says nothing of who calls. */
const EXECUTION_HEADER = "x-millrace-workflow-execution";
const STEP_HEADER = "x-millrace-workflow-step";

/**
 * Steps of Google Cloud Workflows that call a handler and wait for its answer. The event's id is `{execution}/{step}`:
 * a step that is retried is one event, a step in a loop needs its item in its name.
 *
 * Done and replayed are answered with the handler's result, as JSON. What another try may mend is 503, which both
 * `http.default_retry` and `http.default_retry_non_idempotent` try again
 * (https://cloud.google.com/workflows/docs/reference/stdlib/http/default_retry). What none will mend is not parked but
 * raised in the workflow, as 422 with class and message of the error.
 */
export function workflowSteps(): Transport {
  return {
    // An unwrapped push turns attributes, which anybody may choose, into headers.
    recognises: (headers) => headers[EXECUTION_HEADER] !== undefined && headers[MESSAGE_ID_HEADER] === undefined,
    decode,
    status,
    async answer(headers, body, handle) {
      const { outcome, result } = await handle(decode(headers, body));
      return { status: status(outcome), text: textOf(outcome, result), type: "application/json" };
    },
  };
}

const status: StatusOf = (outcome) => {
  switch (outcome.kind) {
    case "done":
    case "replayed":
      return 200;
    case "rejected":
      return 400;
    case "parked":
      return 422;
    case "retry":
      return outcome.fatal ? 422 : 503;
    default:
      return 503;
  }
};

function textOf(outcome: Outcome, result: string | undefined): string {
  if (outcome.kind === "done" || outcome.kind === "replayed") return result ?? "null";
  if (outcome.kind === "rejected") return JSON.stringify({ error: { class: outcome.code, message: outcome.reason } });
  return JSON.stringify({ error: "cause" in outcome ? outcome.cause : { class: outcome.kind, message: "try again" } });
}

function decode(headers: IncomingHttpHeaders, data: Buffer): Decoded {
  const execution = String(headers[EXECUTION_HEADER] ?? "");
  const step = String(headers[STEP_HEADER] ?? "");
  if (!execution || !step)
    return undecodable(`a workflow's call needs the headers ${EXECUTION_HEADER} and ${STEP_HEADER}`);
  return {
    ok: true,
    incoming: {
      data,
      payload: payloadOf(headers["content-type"], data),
      raises: true,
      meta: { id: `${execution}/${step}`, source: execution, attributes: {} },
    },
  };
}
