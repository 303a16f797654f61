import type { IncomingHttpHeaders } from "node:http";
import { errorResponse, type RestHandler, type RestResponse, StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { PushRequest, PushResult, PushTransport } from "../delivery";
import type { Events } from "../events";
import { accepts, type Processes, type Slot, targetName } from "../processes";
import { httpPush } from "../pubsub/http-push";
import { type Random, seededRandom } from "../random";
import type { TargetSpec } from "../target";
import type { Tokens } from "../tokens";
import { admit } from "./admission";
import { type Answer, createForwarder, type Forwarded } from "./forward";
import { forwarded } from "./headers";
import { type Door, locate, type Located } from "./routing";

export interface FrontDoorOptions {
  /** What there is at this moment. */
  readonly targets: () => readonly Door[];
  readonly tokens: Tokens;
  readonly processes: Pick<Processes, "acquire">;
  readonly events: Events;
  readonly clock: Clock;
  /** For trace ids. @default a stream of its own */
  readonly random?: Random;
}

/** A request that a process is working on. */
export interface InFlight {
  /** Full name of the target. */
  readonly target: string;
  readonly pid: number;
  /** Of a push; absent for a request that a person made. */
  readonly messageId?: string;
  /** Full name of the subscription that pushes. */
  readonly source?: string;
  readonly attempt?: number;
}

/** Stands before every target as Cloud Run's front end does, for pushes and for people alike. */
export interface FrontDoor {
  /**
   * Pushes to a target by the URL of its plan. Endpoints of no target are called when they are on this machine's
   * loopback, and are unreachable otherwise.
   */
  readonly push: PushTransport;
  /** Calls a target by the URL of its plan and hears the whole answer; nothing where the URL is no target's. */
  readonly call: (request: PushRequest) => Promise<Answer | "timeout" | undefined>;
  /** Requests of a person: `/targets/{name}/{path}` of the engine's port, with `authorization: Bearer …`. */
  readonly rest: RestHandler;
  /** What a kill of a process would hit. */
  inFlight(): readonly InFlight[];
}

/**
 * A process that has just ended is known to be gone a moment after its port. A connection that is refused has carried
 * nothing, so the request may go to the next process; real milliseconds, in pieces.
 */
const PAUSE_MS = 250;
const ATTEMPTS = 20;
/** How long the end of a process may take to show after its connection broke; real milliseconds. */
const LINGER_MS = 100;
/** The same when its port is gone too, which on a busy machine happens well before it. */
const LAST_LINGER_MS = PAUSE_MS * ATTEMPTS;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const TOO_LATE = "no answer within the target's request timeout";
/** How Google's load balancers log a caller that went away before its answer. */
const CLIENT_CLOSED_REQUEST = 499;

interface Fault {
  readonly status: 503 | 504;
  readonly fault: string;
}

interface Incoming {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Aborted when nobody waits for the answer any more. */
type Caller = AbortController;

type Message = Omit<InFlight, "target" | "pid">;

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { targets, tokens, processes, events, clock } = options;
  const random = options.random ?? seededRandom("front-door");
  const forwarder = createForwarder();
  const elsewhere = httpPush(clock);
  const working = new Set<InFlight>();

  /** The front door's own answer in the target's place. */
  const refuse = (spec: TargetSpec, status: number, reason: string, headers: Answer["headers"] = {}): Answer => {
    events.emit({ type: "refused", target: targetName(spec), status, reason });
    const body = Buffer.from(`LOCAL front door of ${spec.name}: ${status}, ${reason}\n`);
    return { status, headers: { ...headers, "content-type": "text/plain; charset=utf-8" }, body };
  };

  const handle = async (to: Located, incoming: Incoming, message: Message, caller: Caller): Promise<Answer> => {
    const { spec } = to;
    const admission = await admit(spec, incoming.headers, tokens);
    if (!admission.admitted) return refuse(spec, admission.status, admission.reason, admission.headers);
    const late = new AbortController();
    const timer = clock.after(spec.timeoutMs, () => {
      late.abort();
      caller.abort();
    });
    const { method, body } = incoming;
    const request = { method, path: to.path, headers: forwarded(admission.headers, to.host, random), body };
    try {
      for (let attempt = 1; ; attempt++) {
        const acquired = await processes.acquire(targetName(spec), caller.signal);
        if (late.signal.aborted) {
          if (acquired.kind === "slot") acquired.slot.release();
          return refuse(spec, 504, TOO_LATE);
        }
        if (acquired.kind === "refused") {
          // Nobody is left to be told.
          if (caller.signal.aborted) return { status: CLIENT_CLOSED_REQUEST, headers: {}, body: Buffer.alloc(0) };
          return refuse(spec, acquired.status, acquired.reason);
        }
        const answer = await sendTo(acquired.slot, request, { target: targetName(spec), ...message }, late.signal);
        if (answer !== "nobody listens") return "fault" in answer ? refuse(spec, answer.status, answer.fault) : answer;
        if (attempt === ATTEMPTS) return refuse(spec, 503, "no answer: its process does not listen any more");
        await Promise.race([acquired.slot.ended, pause(PAUSE_MS)]);
      }
    } finally {
      timer.cancel();
    }
  };

  const sendTo = async (
    slot: Slot,
    request: Forwarded,
    about: Omit<InFlight, "pid">,
    late: AbortSignal,
  ): Promise<Answer | Fault | "nobody listens"> => {
    const entry = { ...about, pid: slot.pid };
    working.add(entry);
    try {
      return await forwarder.send(slot.port, request, late);
    } catch (error) {
      if (late.aborted) return { status: 504, fault: TOO_LATE };
      if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return "nobody listens";
      // Connections break a moment before the end is known; the next request must not meet the same process.
      await Promise.race([slot.ended, pause(LINGER_MS)]);
      if (!slot.gone() && !(await accepts(slot.port))) await Promise.race([slot.ended, pause(LAST_LINGER_MS)]);
      const fault = slot.gone() ? "its process ended while it worked on the request" : (error as Error).message;
      return { status: 503, fault: `no answer: ${fault}` };
    } finally {
      working.delete(entry);
      slot.release();
    }
  };

  const withToken = async (request: PushRequest): Promise<PushRequest> => {
    const { oidc } = request;
    if (!oidc) return request;
    const token = await tokens.mint({ audience: oidc.audience, email: oidc.serviceAccountEmail });
    return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
  };

  const call = async (given: PushRequest): Promise<Answer | "timeout" | undefined> => {
    const to = locate(targets(), given.endpoint);
    if (!to) return undefined;
    const { method = "POST", headers, body, messageId, source, attempt, timeoutMs } = await withToken(given);
    // The sender gives up at its deadline: what waits is dropped, what is worked on goes on, as on Cloud Run.
    const sender = new AbortController();
    const answer = handle(to, { method, headers, body }, { messageId, source, attempt }, sender);
    return within(clock, timeoutMs, answer, () => sender.abort());
  };

  const push = async (request: PushRequest): Promise<PushResult> => {
    const answer = await call(request);
    if (answer === undefined) return elsewhere(await withToken(request));
    return answer === "timeout" ? { kind: "timeout" } : { kind: "status", status: answer.status };
  };

  const rest: RestHandler = async ({ method, path, query, headers, body, signal }): Promise<RestResponse> => {
    const [, name = "", below = ""] = /^\/targets\/([^/]+)(.*)$/s.exec(path) ?? [];
    const spec = targets().find((door) => door.spec.name === name)?.spec;
    if (!spec) return errorResponse(new StatusError("NOT_FOUND", `there is no target ${JSON.stringify(name)}`));
    const site = headers["sec-fetch-site"];
    // A page needs no Origin header to send a simple request, but browsers say where it came from.
    const foreign = site !== undefined && site !== "same-origin" && site !== "none";
    const caller = new AbortController();
    signal.addEventListener("abort", () => caller.abort());
    const answer = foreign
      ? refuse(spec, 403, "web pages of another origin may not call it")
      : await handle(
          {
            spec,
            path: `${below || "/"}${query.size > 0 ? `?${query.toString()}` : ""}`,
            host: new URL(spec.url).host,
          },
          { method, headers, body },
          {},
          caller,
        );
    return { status: answer.status, headers: answer.headers, body: answer.body };
  };

  return { push, call, rest, inFlight: () => [...working] };
}

/** The answer, or `timeout` when the sender's deadline is first. */
function within(
  clock: Clock,
  timeoutMs: number,
  answer: Promise<Answer>,
  late: () => void,
): Promise<Answer | "timeout"> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => {
      resolve("timeout");
      late();
    });
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}
