import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";

/** A function of somebody else's code, and the input of one call of it; without an input the code is only read. */
export interface UdfRequest {
  readonly functionName: string;
  readonly code: string;
  readonly input?: string;
}

export type UdfReply = { readonly output: string } | { readonly fault: string };

/**
 * Answers one request after the other and never returns to its event loop: what a function leaves behind there is never
 * run. Texts go into the context of a function and a text comes out; neither side holds an object of the other.
 */
const SOURCE = `
const { receiveMessageOnPort, workerData } = require("node:worker_threads");
const { createContext, Script } = require("node:vm");
const { port, counts } = workerData;
const BRIDGE = new Script(\`const millrace$call = ((parse, stringify, text) => (udf) => {
  try {
    const { message, metadata } = parse(millrace$input);
    const result = udf(message, metadata);
    return result === null ? "null" : (stringify(result) ?? "undefined");
  } catch (error) {
    try { return "!" + text(error); } catch { return "!something that cannot be shown"; }
  }
})(JSON.parse, JSON.stringify, String);\`);

const contexts = new Map();
function contextOf({ functionName, code }) {
  const key = functionName + "\\n" + code;
  const known = contexts.get(key);
  if (known) return known;
  const context = createContext(Object.create(null), { codeGeneration: { strings: true, wasm: false } });
  BRIDGE.runInContext(context);
  // V8's own, for an inspector; it is no part of ECMAScript.
  new Script("delete globalThis.console").runInContext(context);
  const filename = functionName + ".js";
  new Script(code, { filename }).runInContext(context);
  if (new Script("typeof " + functionName).runInContext(context) !== "function")
    throw new Error("it defines no function " + functionName);
  const made = { context, call: new Script("millrace$call(" + functionName + ")", { filename }) };
  contexts.set(key, made);
  return made;
}
function answer(request) {
  try {
    const { context, call } = contextOf(request);
    if (request.input === undefined) return { output: "" };
    context.millrace$input = request.input;
    return { output: String(call.runInContext(context)) };
  } catch (error) {
    let message = "it throws";
    try { message = String(error.message ?? error); } catch {}
    return { fault: message };
  }
}
for (let done = 0; ; done++) {
  Atomics.store(counts, 1, done);
  Atomics.notify(counts, 1);
  Atomics.wait(counts, 0, done);
  port.postMessage(answer(receiveMessageOnPort(port).message));
}
`;

/** Generous: a machine under load starts a thread late, and nothing of a user's has run before. */
const START_MS = 30_000;

/** A thread that runs functions while its caller waits. */
export interface UdfWorker {
  /** @returns undefined when there is no answer in time: the thread is ended, and answers no more */
  ask(request: UdfRequest, limitMs: number): UdfReply | undefined;
  end(): void;
}

export function startUdfWorker(): UdfWorker {
  const { port1: own, port2 } = new MessageChannel();
  /** Requests, and answers plus one when the thread is ready. */
  const counts = new Int32Array(new SharedArrayBuffer(8));
  Atomics.store(counts, 1, -1);
  const worker = new Worker(SOURCE, {
    eval: true,
    name: "pubsub transforms",
    workerData: { port: port2, counts },
    transferList: [port2],
    env: {},
    execArgv: [],
    // A message has up to 10 MB, and its text, its JSON and what a function makes of them are each a copy.
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  // Memory that is used up ends the thread; its caller has waited in vain by then.
  worker.on("error", () => {});
  worker.unref();
  own.unref();
  const end = () => {
    own.close();
    void worker.terminate();
  };
  if (Atomics.wait(counts, 1, -1, START_MS) === "timed-out") {
    end();
    throw new Error(`the thread of message transforms did not start within ${START_MS / 1_000} s`);
  }
  return {
    ask(request, limitMs) {
      const before = Atomics.load(counts, 1);
      // A port of this process has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      own.postMessage(request);
      Atomics.add(counts, 0, 1);
      Atomics.notify(counts, 0);
      if (Atomics.wait(counts, 1, before, limitMs) === "timed-out") {
        end();
        return undefined;
      }
      return receive(own);
    },
    end,
  };
}

const receive = (port: MessagePort) => receiveMessageOnPort(port)?.message as UdfReply;
