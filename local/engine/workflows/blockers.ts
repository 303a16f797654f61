import { runtimeError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";
import { asNumber } from "./data";
import { missingStub } from "./missing-stub";
import { httpCall } from "./http";
import { logEntry } from "./library";
import type { Machine, Thread } from "./machine";
import { parseTime } from "./time";

/** Functions that wait for something: time, a log, another machine. @throws IssuesError for one that has no stub */
export async function blockers(
  name: string,
  args: ReadonlyMap<string, Value>,
  machine: Machine,
  thread: Thread,
): Promise<Value> {
  const { clock, onLog, transport } = machine.options;
  switch (name) {
    case "sys.sleep": {
      const seconds = Number(asNumber(args.get("seconds"), "seconds"));
      if (!(seconds >= 0)) throw runtimeError("ValueError", `seconds is ${seconds}, and must not be negative`);
      await machine.sleep(seconds);
      return null;
    }
    case "sys.sleep_until":
      await machine.sleep(Math.max(0, parseTime(args.get("time")) - clock.now() / 1_000));
      return null;
    case "sys.log":
      onLog?.(logEntry(args));
      return null;
    default:
      if (name.startsWith("http.")) return machine.beyond(httpCall(name, args, transport));
      throw missingStub(name, `${thread.routine}/${thread.step?.name ?? ""}`);
  }
}
