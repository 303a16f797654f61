import { describeError } from "./errors";

/** Fields of one log line. Never payloads: they may be personal, and they are in the dead-letter topic if needed. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging in the shape Cloud Logging reads from stdout. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with more fields on every line. */
  with(fields: LogFields): Log;
}

/**
 * One JSON object a line; `severity` and `message` are special to Cloud Logging
 * (https://cloud.google.com/logging/docs/structured-logging). A field that is an `Error` becomes its class and message,
 * and its stack goes to `stack_trace`, where Error Reporting looks for it.
 */
export function createLog(write: (line: string) => void, fields: LogFields = {}): Log {
  const level =
    (severity: string) =>
    (message: string, more: LogFields = {}) => {
      const entry: Record<string, unknown> = { severity, message, ...fields, ...more };
      for (const [key, value] of Object.entries(entry)) {
        if (!(value instanceof Error)) continue;
        entry[key] = describeError(value);
        entry["stack_trace"] = value.stack;
      }
      write(stringify(entry));
    };
  return {
    debug: level("DEBUG"),
    info: level("INFO"),
    warn: level("WARNING"),
    error: level("ERROR"),
    with: (more) => createLog(write, { ...fields, ...more }),
  };
}

/** A log line must not fail because of what it is asked to say. */
function stringify(entry: Record<string, unknown>): string {
  try {
    return `${JSON.stringify(entry)}\n`;
  } catch {
    return `${JSON.stringify({ severity: entry["severity"], message: entry["message"], fields: "not serializable" })}\n`;
  }
}
