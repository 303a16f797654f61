import { runtimeError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";
import type { Clock } from "../clock";
import type { Random } from "../random";
import { asMap, dataFunctions } from "./data";
import { retryFunctions } from "./retry";
import { asString, type LibraryFunction, textFunctions } from "./text";
import { formatTime, parseTime } from "./time";

/** What the library needs of the world. */
export interface LibraryContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Variables of `sys.get_env`: Google's and the user's. */
  readonly env: Readonly<Record<string, string>>;
}

/** The functions that do not block, by name; each takes positional arguments. */
export function libraryOf({ clock, random, env }: LibraryContext): Readonly<Record<string, LibraryFunction>> {
  return {
    ...dataFunctions,
    ...textFunctions,
    ...retryFunctions,
    "sys.now": () => clock.now() / 1_000,
    "sys.get_env"(name, otherwise) {
      const key = asString(name, "name");
      if (Object.hasOwn(env, key)) return env[key]!;
      if (otherwise !== undefined) return otherwise;
      throw runtimeError("KeyError", `there is no environment variable ${key}`);
    },
    "time.format": formatTime,
    "time.parse": (value) => parseTime(value),
    "uuid.generate": () => uuid(random),
  };
}

/** Version 4, from the engine's own random numbers, so that a seed repeats it. */
export function uuid(random: Random): string {
  const bytes = Array.from({ length: 16 }, () => random.below(256));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];

/** An entry that `sys.log` writes; a map is its payload, anything else its text. */
export interface LogEntry {
  readonly severity: string;
  readonly payload: Value;
}

/** @throws WorkflowError TypeError, as Google's page on sys.log lists them */
export function logEntry(args: ReadonlyMap<string, Value>): LogEntry {
  const given = ["data", "text", "json"].filter((key) => args.has(key));
  if (given.length !== 1)
    throw runtimeError("TypeError", `sys.log takes exactly one of data, text and json, and is given ${given.length}`);
  const [kind] = given;
  const payload = args.get(kind!)!;
  if (kind === "json") asMap(payload, "json");
  const severity = asString(args.get("severity") ?? "DEFAULT", "severity");
  if (!SEVERITIES.includes(severity)) throw runtimeError("ValueError", `unknown severity ${severity}`);
  return { severity, payload };
}
