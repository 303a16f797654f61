import type { LogFilter, Operator } from "./parse";

/** An entry as JSON: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
export type LogEntry = Readonly<Record<string, unknown>>;

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#logseverity */
const SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];

/** Whether an entry fits a filter. The language does not tell upper from lower case, but for regular expressions. */
export function matchesLog(filter: LogFilter, entry: LogEntry): boolean {
  switch (filter.kind) {
    case "and":
      return filter.operands.every((one) => matchesLog(one, entry));
    case "or":
      return filter.operands.some((one) => matchesLog(one, entry));
    case "not":
      return !matchesLog(filter.operand, entry);
    case "text":
      return JSON.stringify(entry).toLowerCase().includes(filter.value.toLowerCase());
    case "log": {
      const name = typeof entry["logName"] === "string" ? entry["logName"] : "";
      return decodeURIComponent(name.split("/logs/")[1] ?? "") === filter.id;
    }
    default: {
      const values = valuesAt(entry, filter.path);
      // What is not there is not equal, and is no number that is larger.
      if (values.length === 0) return filter.operator === "!=" || filter.operator === "!~";
      const test = (value: unknown) => compare(value, filter.operator, filter.value, filter.path);
      return filter.operator.startsWith("!") ? values.every(test) : values.some(test);
    }
  }
}

/** Lists stand for each of their elements. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  if (path.length === 0) return value === undefined || value === null ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const [head, ...rest] = path;
  const name = Object.hasOwn(fields, head!) ? head! : camel(head!);
  return Object.hasOwn(fields, name) ? valuesAt(fields[name], rest) : [];
}

/** `insert_id` is `insertId`. */
const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

function compare(value: unknown, operator: Operator, wanted: string, path: readonly string[]): boolean {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  switch (operator) {
    case ":":
      return wanted === "*" || text.toLowerCase().includes(wanted.toLowerCase());
    case "=~":
      return new RegExp(wanted).test(text);
    case "!~":
      return !new RegExp(wanted).test(text);
    default: {
      const order = orderOf(text, wanted, path);
      if (operator === "=") return order === 0;
      if (operator === "!=") return order !== 0;
      if (Number.isNaN(order)) return false;
      return operator === ">" ? order > 0 : operator === ">=" ? order >= 0 : operator === "<" ? order < 0 : order <= 0;
    }
  }
}

/** Below, at or above 0; severities by their rank, numbers and times by their size, other text by its letters. */
function orderOf(text: string, wanted: string, path: readonly string[]): number {
  if (path.join(".") === "severity") return rank(text) - rank(wanted);
  const [a, b] = [Number(text), Number(wanted)];
  if (text !== "" && wanted !== "" && !Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  const [from, to] = [Date.parse(text), Date.parse(wanted)];
  if (/^\d{4}-/.test(wanted) && !Number.isNaN(from) && !Number.isNaN(to)) return from - to;
  const [left, right] = [text.toLowerCase(), wanted.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

const rank = (severity: string): number => SEVERITIES.indexOf(severity.toUpperCase());
