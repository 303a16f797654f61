import { type Issue, IssuesError } from "../../contract/issue";
import { errorResponse, jsonResponse, type RestHandler, type RestResponse, StatusError } from "../wire/rest";
import type { Endpoints } from "./endpoints";
import type { Emitted, Reached } from "./eventarc";
import type { EngineEvent, Events } from "./events";
import type { Sessions, TerraformSession } from "./sessions";

/** What the engine tells about itself. */
export interface Control {
  readonly endpoints: () => Endpoints;
  /** Beside the endpoints: anything JSON. */
  readonly status: () => object;
  readonly events: Events;
  /** @returns false when the time was up first */
  readonly idle: (timeoutMs: number) => Promise<boolean>;
  /** Puts the clock forward by engine milliseconds. */
  readonly advance: (byMs: number) => Promise<object>;
  /** Reads the stack anew. @throws IssuesError with what is wrong with it */
  readonly reload: () => Promise<object>;
  readonly sessions: Sessions;
  readonly warnings: () => readonly Issue[];
  /** Tells sinks and triggers of something that happens outside. @returns who has got it */
  readonly emit: (emitted: Emitted) => Reached;
}

/** Where the engine's own API starts; its version is part of the path. */
export const CONTROL = "/millrace/v1";

/** Longest wait for idleness in one call, milliseconds of the wall clock. */
const MAX_WAIT_MS = 600_000;

/** Longest jump of the clock in one call: 400 days, so that a yearly schedule can be seen to tick. */
const MAX_ADVANCE_MS = 400 * 86_400_000;

/**
 * `GET /millrace/v1/status`: endpoints, targets and subscriptions. `GET /millrace/v1/events`: one event per line as it
 * happens. `GET /millrace/v1/idle?timeoutMs=…`: answers when nothing is left to deliver, with `{"idle": …}`.
 * `POST /millrace/v1/emit` with `{"logEntry": {…}}` or `{"event": {…}}`: tells the log sinks and triggers that listen to it,
 * and answers with their names.
 * `POST /millrace/v1/clock/advance?byMs=…`: puts the engine's clock forward; answers when it has arrived.
 * `POST /millrace/v1/reload`: brings what runs to the stack as it is now.
 * `POST /millrace/v1/terraform?out=…&pid=…`: attaches a Terraform command until the answer is closed, or
 * `POST /millrace/v1/terraform/end` is called; its first line holds the environment that the command needs.
 * Where something is wrong with the stack the answer is 409 with `{"issues": […]}`.
 */
export function controlRest(control: Control): RestHandler {
  const answers: Readonly<Record<string, Answer>> = {
    "GET /status": async () => jsonResponse({ ...control.endpoints(), ...control.status() }),
    "GET /events": async ({ signal }) => lines(eventLines(control.events, signal)),
    async "GET /idle"({ query }) {
      const timeoutMs = Number(query.get("timeoutMs") ?? 60_000);
      if (timeoutMs >= 0 && timeoutMs <= MAX_WAIT_MS) return jsonResponse({ idle: await control.idle(timeoutMs) });
      return errorResponse(new StatusError("INVALID_ARGUMENT", `timeoutMs is a number from 0 to ${MAX_WAIT_MS}`));
    },
    async "POST /emit"({ body }) {
      const emitted = emittedOf(body);
      return typeof emitted === "string"
        ? errorResponse(new StatusError("INVALID_ARGUMENT", emitted))
        : jsonResponse(control.emit(emitted));
    },
    async "POST /clock/advance"({ query }) {
      const byMs = Number(query.get("byMs") ?? Number.NaN);
      if (byMs > 0 && byMs <= MAX_ADVANCE_MS) return jsonResponse(await control.advance(byMs));
      return errorResponse(new StatusError("INVALID_ARGUMENT", `byMs is a number above 0, at most ${MAX_ADVANCE_MS}`));
    },
    "POST /reload": async () => jsonResponse(await control.reload()),
    async "POST /terraform"({ query, signal }) {
      const [outDir, pid] = [query.get("out") ?? "", Number(query.get("pid"))];
      const session = await control.sessions.open({ outDir, pid, strict: query.get("strict") === "true" });
      return lines(sessionLines(session, signal));
    },
    async "POST /terraform/end"() {
      await control.sessions.current()?.close();
      return jsonResponse({ warnings: control.warnings() });
    },
  };
  return async (request) => {
    const { method, path } = request;
    const below = path.slice(CONTROL.length);
    const answer = answers[`${method} ${below}`];
    if (!answer) {
      const other = Object.keys(answers).find((one) => one.endsWith(` ${below}`));
      if (other) return errorResponse(new StatusError("UNIMPLEMENTED", `${path} answers ${other.split(" ")[0]} only`));
      const names = Object.keys(answers).map((one) => one.split(" /")[1]);
      return errorResponse(new StatusError("NOT_FOUND", `${CONTROL} has ${names.join(", ")}, not ${path}`));
    }
    try {
      return await answer(request);
    } catch (error) {
      if (!(error instanceof IssuesError)) throw error;
      return { ...jsonResponse({ issues: error.issues }), status: 409 };
    }
  };
}

type Answer = (request: Parameters<RestHandler>[0]) => Promise<RestResponse>;

const lines = (body: AsyncIterable<string>): RestResponse => ({
  status: 200,
  headers: { "content-type": "application/x-ndjson" },
  body,
});

/** One line with what Terraform needs; the session lasts as long as its reader stays. */
async function* sessionLines(session: TerraformSession, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield `${JSON.stringify({ environment: session.environment })}\n`;
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  } finally {
    await session.close();
  }
}

/** Events as lines, until the reader goes away. */
async function* eventLines(events: Events, signal: AbortSignal): AsyncGenerator<string> {
  const waiting: EngineEvent[] = [];
  let wake = () => {};
  const off = events.on((event) => {
    waiting.push(event);
    wake();
  });
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      const lines = waiting.splice(0).map((event) => `${JSON.stringify(event)}\n`);
      if (lines.length > 0) yield lines.join("");
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    off();
    signal.removeEventListener("abort", stop);
  }
}

/** What is to be emitted, or what is wrong with it. */
function emittedOf(body: Buffer): Emitted | string {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return "the body is not JSON";
  }
  const isObject = (one: unknown): one is Record<string, unknown> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  if (isObject(value) && isObject(value["logEntry"])) return { logEntry: value["logEntry"] };
  const event = isObject(value) ? value["event"] : undefined;
  if (isObject(event) && typeof event["type"] === "string" && typeof event["source"] === "string")
    return { event: event as Extract<Emitted, { event: unknown }>["event"] };
  return 'expected {"logEntry": {…}}, or {"event": {"type": "…", "source": "…", …}}';
}
