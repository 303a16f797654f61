import { startUdfWorker, type UdfReply, type UdfRequest, type UdfWorker } from "./udf-worker";

/** JavaScript that Pub/Sub runs on a message. */
export interface UdfConfig {
  readonly functionName: string;
  readonly code: string;
}

/** What a function is given and may change: the data as text, and the attributes. */
export interface UdfMessage {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What it may read. https://cloud.google.com/pubsub/docs/smts/udfs-overview */
export interface UdfMetadata {
  readonly message_id: string;
  readonly publish_time: string;
  readonly ordering_key?: string;
}

/** `null`: the message is dropped. `fault`: the function failed, for a person. */
export type UdfResult = UdfMessage | null | { readonly fault: string };

/**
 * Runs functions of the ECMAScript standard alone: no timers, no network, no console, nothing of this process. One that
 * does not return in time holds the engine up for that long, and no longer. That keeps mistakes in, not attackers:
 * `node:vm` is no security boundary.
 */
export interface Udfs {
  /** Why Pub/Sub would refuse a function, if it would. */
  fault(udf: UdfConfig): string | undefined;
  run(udf: UdfConfig, message: UdfMessage, metadata: UdfMetadata): UdfResult;
  /** Ends the thread in which they run. */
  stop(): void;
}

/** Longest that a function may take for one message. https://cloud.google.com/pubsub/docs/smts/udfs-overview#limitations */
export const UDF_LIMIT_MS = 500;

/** A machine under load may give the process less than its time; such a call is made again, this often at most. */
const STARVED_CALLS = 5;

export function createUdfs(limitMs = UDF_LIMIT_MS): Udfs {
  let worker: UdfWorker | undefined;

  const ask = (request: UdfRequest): UdfReply | undefined => {
    for (let calls = 1; calls <= STARVED_CALLS; calls++) {
      worker ??= startUdfWorker();
      const used = process.cpuUsage();
      const reply = worker.ask(request, limitMs);
      if (reply) return reply;
      worker = undefined;
      const { user, system } = process.cpuUsage(used);
      if ((user + system) / 1_000 > limitMs / 2) return undefined;
    }
    return undefined;
  };

  return {
    fault({ functionName, code }) {
      // The name becomes part of a script.
      if (!/^[A-Za-z_$][\w$]*$/.test(functionName)) return `"${functionName}" is no name of a function`;
      const reply = ask({ functionName, code });
      if (!reply) return `the code of ${functionName} took longer than ${limitMs} ms`;
      return "fault" in reply ? `the code of ${functionName} does not run: ${reply.fault}` : undefined;
    },
    run({ functionName, code }, message, metadata) {
      const reply = ask({ functionName, code, input: JSON.stringify({ message, metadata }) });
      if (!reply) return { fault: `${functionName} took longer than ${limitMs} ms` };
      if ("fault" in reply) return { fault: `${functionName}: ${reply.fault}` };
      const { output } = reply;
      if (output.startsWith("!")) return { fault: `${functionName} threw ${output.slice(1)}` };
      const result = output === "undefined" ? undefined : (JSON.parse(output) as unknown);
      return result === null ? null : (asMessage(result) ?? { fault: `${functionName} returned no message` });
    },
    stop() {
      worker?.end();
      worker = undefined;
    },
  };
}

/** Attributes that are left out are none: Google says so of empty ones, and nothing of others. */
function asMessage(value: unknown): UdfMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { data, attributes = {} } = value as { data?: unknown; attributes?: unknown };
  if (typeof data !== "string" || typeof attributes !== "object" || attributes === null) return undefined;
  const texts = !Array.isArray(attributes) && Object.values(attributes).every((one) => typeof one === "string");
  return texts ? { data, attributes: attributes as Record<string, string> } : undefined;
}
