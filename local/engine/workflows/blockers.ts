import { runtimeError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";
import type { Callbacks } from "./callbacks";
import { asMap, asNumber } from "./data";
import { missingStub } from "./missing-stub";
import { httpCall } from "./http";
import { logEntry } from "./library";
import type { Machine, Thread } from "./machine";
import { asString } from "./text";
import { parseTime } from "./time";

/** Functions that wait for something: time, a log, another machine. @throws IssuesError for one that has no stub */
export async function blockers(
  name: string,
  args: ReadonlyMap<string, Value>,
  machine: Machine,
  thread: Thread,
): Promise<Value> {
  const { clock, onLog, transport, callbacks } = machine.options;
  switch (name) {
    case "sys.sleep": {
      const seconds = Number(asNumber(args.get("seconds"), "seconds"));
      if (!(seconds >= 0)) throw runtimeError("ValueError", `seconds is ${seconds}, and must not be negative`);
      await machine.sleep(thread, seconds);
      return null;
    }
    case "sys.sleep_until":
      await machine.sleep(thread, Math.max(0, parseTime(args.get("time")) - clock.now() / 1_000));
      return null;
    case "sys.log":
      return machine.beyond(thread, () => {
        onLog?.({ ...logEntry(args), routine: thread.routine, step: thread.step?.name ?? "" });
        return null;
      });
    case "events.create_callback_endpoint":
      if (callbacks) return callbacks.create(machine.key(thread), callbackMethod(args));
      throw missing(name, thread);
    case "events.await_callback":
      if (callbacks) return awaitCallback(args, machine, thread, callbacks);
      throw missing(name, thread);
    default: {
      if (name.startsWith("http.")) return machine.beyond(thread, () => httpCall(name, args, transport));
      const connect = machine.options.connector?.(name);
      if (connect) return machine.beyond(thread, () => connect(args));
      throw missing(name, thread);
    }
  }
}

const missing = (name: string, { routine, step }: Thread) => missingStub(name, `${routine}/${step?.name ?? ""}`);

const CALLBACK_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

function callbackMethod(args: ReadonlyMap<string, Value>): string {
  const method = asString(args.get("http_callback_method") ?? "POST", "http_callback_method");
  if (CALLBACK_METHODS.includes(method)) return method;
  throw runtimeError("ValueError", `a callback takes one of ${CALLBACK_METHODS.join(", ")}, not ${method}`);
}

/** Twelve hours. https://cloud.google.com/workflows/docs/reference/stdlib/events/await_callback */
const CALLBACK_TIMEOUT = 43_200;

function awaitCallback(
  args: ReadonlyMap<string, Value>,
  machine: Machine,
  thread: Thread,
  callbacks: Callbacks,
): Promise<Value> {
  const url = asString(asMap(args.get("callback"), "callback").get("url"), "url");
  const timeout = Number(asNumber(args.get("timeout") ?? CALLBACK_TIMEOUT, "timeout"));
  if (!(timeout >= 0)) throw runtimeError("ValueError", `timeout is ${timeout}, and must not be negative`);
  return machine.patiently(thread, (key) => callbacks.receive(url, machine.dueOf(key, timeout)));
}
