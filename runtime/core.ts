import type { IncomingHttpHeaders } from "node:http";
import { HEALTH_PATH } from "../contract/environment";
import { type Issue, IssuesError, renderIssue } from "../contract/issue";
import { callersDoor } from "./auth/callers";
import { type Door, platformDoor } from "./auth/door";
import type { TokenCheck } from "./auth/self";
import { type Clock, realClock } from "./clock";
import { decode } from "./decode/decode";
import { type Decoded, type Incoming, traced } from "./decode/incoming";
import { deliver, type Delivered, type DeliverOptions } from "./deliver";
import { metadataAccessToken } from "./google/access-token";
import { type Publisher, restPublisher } from "./google/publisher";
import { BodyTooLarge } from "./errors";
import type { Handler } from "./handler";
import { uniqueIds } from "./ids";
import { createLog, type Log } from "./log";
import { type Outcome, pushStatus } from "./outcome";
import { createProbe } from "./probe";
import { readSettings, type Settings } from "./settings";
import { createShutdown, drain } from "./shutdown";
import { memoryStore } from "./store/memory";
import type { Store } from "./store/store";
import { traceFields } from "./trace";
import type { Report, Transport } from "./transport";

/** A request, whatever server received it. */
export interface CoreRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Called once the caller has been let in. @throws BodyTooLarge */
  readonly body: () => Promise<Buffer>;
}

export interface CoreReply {
  readonly status: number;
  /** Why, for a person; empty for an ack. */
  readonly text: string;
  /** Content type of the text. @default plain text */
  readonly type?: string;
  /** The connection is not to be used again. */
  readonly close: boolean;
}

/** A handler, ready for requests. */
export interface Core {
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
  handle(request: CoreRequest): Promise<CoreReply>;
  /** Takes nothing new, lets what is in flight finish, then gives the rest back. Resolves within 9 s. */
  drain(): Promise<void>;
}

export interface RuntimeOptions {
  /** Where records live. @default a memory store, which the contract must have asked for */
  readonly store?: Store | undefined;
  /**
   * What else may carry events, beside Pub/Sub pushes and, unless packaging has left them out, CloudEvents:
   * `cloudTasks()`, `cloudScheduler()`, `cloudEventsBatch()`, `workflowSteps()` of `millrace/runtime/transports`.
   * @default nothing
   */
  readonly transports?: readonly Transport[];
  /** Tells somebody else what became of an event: `workflowCallbacks()`, say. @default nobody */
  readonly report?: Report;
  /** For `auth: "self"`: `googleTokens()` of `millrace/runtime/tokens`. @default none, which such a contract refuses */
  readonly tokens?: TokenCheck;
  /** Sends messages. @default Pub/Sub's REST API; `googlePublisher` of `millrace/runtime/publish` is another */
  readonly publisher?: Publisher;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes log lines. @default stdout */
  readonly write?: (line: string) => void;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  /** @default the wall clock, or the local engine's */
  readonly clock?: Clock;
  /** In [0, 1): what keeps the pauses of many instances out of step. @default Math.random */
  readonly random?: () => number;
}

/** What every way of receiving events starts from. */
export interface Prepared extends DeliverOptions, Settings {
  readonly send: typeof fetch;
}

/**
 * Checks the environment against the contract and says what is wrong with it.
 * @param concerns which of the faults matter to the transport @default all
 * @throws IssuesError when one of them must keep the handler from starting
 */
export function prepare(
  handler: Handler,
  options: RuntimeOptions,
  concerns: (issue: Issue) => boolean = () => true,
): Prepared {
  const env = options.env ?? process.env;
  const log = logOf(handler, options);
  const { settings, issues: all } = readSettings(handler, options, env);
  const issues = all.filter(concerns);
  if (issues.some(({ severity }) => severity === "error")) throw new IssuesError(issues);
  logIssues(log, issues);

  const clock = options.clock ?? realClock(settings.time);
  const send = options.fetch ?? fetch;
  return {
    ...settings,
    send,
    handler,
    store: options.store ?? memoryStore({ clock }),
    publisher:
      options.publisher ??
      restPublisher({
        emulatorHost: settings.pubsubEmulatorHost,
        accessToken: metadataAccessToken({ clock, fetch: send }),
        fetch: send,
      }),
    clock,
    log,
    report: options.report,
    random: options.random ?? Math.random,
    newId: uniqueIds(),
    probe: createProbe(handler.contract.manifest.name, env),
  };
}

/** Set by packaging alone, in a bundle whose contract names no callers. */
declare const MILLRACE_ANY_CALLER: true | undefined;

/** @throws IssuesError when deadline, callers or store of the environment are not the contract's */
export function createCore(handler: Handler, options: RuntimeOptions = {}): Core {
  const prepared = prepare(handler, options);
  const { clock, log } = prepared;
  // Checked above: a contract that leaves nothing to the platform comes with a check of its own.
  const { auth, callers } = handler.contract.manifest;
  const own = auth === "self" ? options.tokens : undefined;
  const open = (accounts: readonly string[]): Door => {
    const expected = { ...prepared, callers: accounts };
    return own ? own({ ...expected, fetch: prepared.send }) : platformDoor(expected);
  };
  let door = open(prepared.callers);
  // Packaging leaves the check out of a bundle whose contract names no callers.
  if (typeof MILLRACE_ANY_CALLER === "undefined" && callers) door = callersDoor(open, prepared.callers, callers);
  const shutdown = createShutdown();
  const inFlight = new Set<Promise<unknown>>();

  const accept = async ({ method, path, headers, body }: CoreRequest): Promise<CoreReply> => {
    const receivedMs = clock.now();
    const draining = shutdown.begun.aborted;
    const reply = (status: number, text = ""): CoreReply => ({ status, text, close: shutdown.begun.aborted });
    if (method === "GET" && path === HEALTH_PATH) return draining ? reply(503, "draining") : reply(200, "ok");
    if (method !== "POST") return reply(405, "events are sent with POST");
    const transport = options.transports?.find(({ recognises }) => recognises(headers));
    const { decode: understand, status: statusOf } = transport ?? { decode, status: pushStatus };
    if (draining) return reply(statusOf({ kind: "busy" }), "draining");
    const verdict = await door(headers);
    if (!verdict.ok) {
      log.warn("refused", { status: verdict.status, reason: verdict.reason, code: verdict.code });
      return reply(verdict.status, verdict.reason);
    }
    const handle = async (decoded: Decoded): Promise<Delivered> => {
      if (!decoded.ok) {
        const { reason } = decoded;
        log.error("rejected", { outcome: "rejected", code: "MR3020", reason });
        return { outcome: { kind: "rejected", code: "MR3020", reason } };
      }
      const incoming = traced(decoded.incoming, headers["traceparent"]);
      const delivered = await deliver(incoming, receivedMs, shutdown, prepared);
      logDelivery(log, incoming, delivered, clock.now() - receivedMs, prepared.project);
      // What a shutdown cut short is no fault of the handler.
      const cutShort = delivered.outcome.kind === "retry" && shutdown.begun.aborted;
      return cutShort ? { outcome: { kind: "busy" } } : delivered;
    };
    if (transport?.answer) return { ...reply(0), ...(await transport.answer(headers, await body(), handle)) };
    const decoded = understand(headers, await body());
    const { outcome } = await handle(decoded);
    const why = "cause" in outcome && outcome.kind !== "parked" ? outcome.cause.message : "";
    return reply(statusOf(outcome), decoded.ok ? why : decoded.reason);
  };

  return {
    settings: prepared,
    log,
    clock,
    async handle(request) {
      const work = accept(request).catch((error: unknown): CoreReply => {
        if (error instanceof BodyTooLarge) {
          const { message: reason } = error;
          log.error("rejected", { outcome: "rejected", code: "MR3027", reason });
          return { status: 413, text: reason, close: true };
        }
        log.error("failed", { error });
        return { status: 500, text: "internal error", close: shutdown.begun.aborted };
      });
      inFlight.add(work);
      try {
        return await work;
      } finally {
        inFlight.delete(work);
      }
    },
    drain: () => drain(shutdown, clock, () => Promise.all(inFlight)),
  };
}

export const logOf = (handler: Handler, { write }: RuntimeOptions): Log =>
  createLog(write ?? ((line) => void process.stdout.write(line)), { handler: handler.contract.manifest.name });

export function logIssues(log: Log, issues: readonly Issue[]): void {
  for (const issue of issues) {
    const { code, fix } = issue;
    log[issue.severity === "error" ? "error" : "warn"](renderIssue(issue), { code, fix });
  }
}

const LEVEL = {
  done: "info",
  replayed: "info",
  busy: "info",
  retry: "warn",
  leaseLost: "warn",
  parked: "error",
  rejected: "error",
} as const satisfies Record<Outcome["kind"], keyof Log>;

/** One line for each delivery. */
export function logDelivery(
  log: Log,
  { meta: { id, deliveryAttempt, source, traceparent } }: Incoming,
  { outcome, attempt, lease }: Delivered,
  tookMs: number,
  project?: string,
): void {
  const { kind, ...why } = outcome;
  const trace = traceFields(traceparent, project);
  log[LEVEL[kind]](kind, {
    outcome: kind,
    ...why,
    messageId: id,
    source,
    deliveryAttempt,
    attempt,
    tookMs,
    takeover: lease?.takeover || undefined,
    leaseMarginMs: lease?.marginMs,
    leaseMargin: lease?.marginMs && +(lease.marginMs / lease.leaseMs).toFixed(3),
    ...trace,
  });
}
