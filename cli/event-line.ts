import type { EngineEvent } from "../local/engine/events";
import type { Terminal } from "./terminal";

const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `orders/1b2c3d4e`: the workflow, and the start of the execution's id. */
const execution = (name: string): string => {
  const [, workflow = "", id = ""] = /workflows\/([^/]+)\/executions\/([^/]+)$/.exec(name) ?? [];
  return `${workflow}/${id.slice(0, 8)}`;
};

type Line = readonly [mark: "·" | "→" | "✔" | "✖" | "⚠" | "▲" | "▼", verb: string, rest: string];

/** What a person is told of an event. */
function wording(event: EngineEvent): Line {
  switch (event.type) {
    case "published":
      return ["·", "published", `${event.messageId} to ${short(event.topic)}`];
    case "filtered":
      return ["·", "filtered", `${event.messageId} from ${short(event.subscription)}`];
    case "dropped":
      return ["·", "dropped", `${event.messageId} by ${event.functionName} of ${short(event.by)}`];
    case "delivered":
      return ["→", "delivered", `${event.messageId} to ${short(event.subscription)}, attempt ${event.attempt}`];
    case "acked":
      return ["✔", "acked", `${event.messageId} by ${short(event.subscription)}, attempt ${event.attempt}`];
    case "nacked":
      return [
        "✖",
        "nacked",
        `${event.messageId} by ${short(event.subscription)}, attempt ${event.attempt}: ${event.reason}`,
      ];
    case "deadLettered":
      return [
        "⚠",
        "dead letter",
        `${event.messageId} of ${short(event.subscription)} to ${short(event.topic)} after attempt ${event.attempt}`,
      ];
    case "notDeadLettered":
      return [
        "⚠",
        "no dead letter",
        `${event.messageId} of ${short(event.subscription)} after attempt ${event.attempt}: ${event.reason}`,
      ];
    case "jobAttempted":
      return ["→", "run", `${short(event.job)}, attempt ${event.attempt}`];
    case "jobEnded": {
      const retry = event.retryInMs === undefined ? "" : `; again in ${event.retryInMs} ms`;
      return [event.ok ? "✔" : "✖", "ran", `${short(event.job)}, attempt ${event.attempt}: ${event.reason}${retry}`];
    }
    case "taskCreated":
      return ["·", "task", `${short(event.task)} for ${new Date(event.scheduleMs).toISOString()}`];
    case "taskDispatched":
      return ["→", "dispatched", `${short(event.task)}, attempt ${event.attempt}`];
    case "taskDone":
      return ["✔", "done", `${short(event.task)}, attempt ${event.attempt}`];
    case "taskFailed":
      return [
        "✖",
        "failed",
        `${short(event.task)}, attempt ${event.attempt}: ${event.reason}; again in ${event.retryInMs} ms`,
      ];
    case "taskDropped":
      return ["⚠", "dropped", `${short(event.task)} after attempt ${event.attempt}: ${event.reason}`];
    case "executionStarted":
      return ["▲", "execution", `${execution(event.execution)} began`];
    case "executionEnded":
      return [
        event.state === "SUCCEEDED" ? "✔" : "✖",
        "execution",
        `${execution(event.execution)} ${event.state.toLowerCase()}${event.reason === undefined ? "" : `: ${event.reason.replaceAll("\n", " ")}`}`,
      ];
    case "workflowRetried":
      return [
        "✖",
        "failed",
        `${event.routine}/${event.step} of ${execution(event.execution)}; again in ${event.delaySeconds} s`,
      ];
    case "workflowLogged":
      return ["·", event.severity, `${event.text} (${event.routine}/${event.step} of ${execution(event.execution)})`];
    case "runExecutionStarted":
      return [
        "→",
        "execution",
        `${short(event.execution)} of ${event.tasks === 1 ? "1 task" : `${event.tasks} tasks`}`,
      ];
    case "runTaskStarted":
      return ["→", "task", `${event.index} of ${short(event.execution)}, attempt ${event.attempt + 1}`];
    case "runTaskEnded": {
      const again = event.again ? "; again" : "";
      const rest = `${event.index} of ${short(event.execution)}, attempt ${event.attempt + 1}: ${event.reason}${again}`;
      return [event.ok ? "✔" : "✖", "task", rest];
    }
    case "runExecutionEnded":
      return [event.state === "succeeded" ? "✔" : "✖", event.state, short(event.execution)];
    case "refused":
      return ["✖", "refused", `a request to ${short(event.target)} with ${event.status}: ${event.reason}`];
    case "processStarted":
      return ["▲", "started", `${short(event.target)} as process ${event.pid} in ${Math.round(event.readyMs)} ms`];
    case "processExited": {
      const how = event.signal ?? `code ${event.code}`;
      return [event.expected ? "▼" : "✖", "exited", `${short(event.target)}, process ${event.pid}, ${how}`];
    }
    case "log":
    default:
      return ["·", short(event.target), event.line];
  }
}

const ASCII = { "·": "-", "→": ">", "✔": "ok", "✖": "x", "⚠": "!", "▲": "+", "▼": "-" } as const;

/** One line: engine time, a mark, what happened. */
export function eventLine(event: EngineEvent, { paint: c, unicode }: Pick<Terminal, "paint" | "unicode">): string {
  const [mark, verb, rest] = wording(event);
  const tint = mark === "✔" ? c.green : mark === "✖" ? c.red : mark === "⚠" ? c.yellow : c.dim;
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  return `${c.dim(time)} ${tint(unicode ? mark : ASCII[mark])} ${c.bold(verb)} ${rest}`;
}
