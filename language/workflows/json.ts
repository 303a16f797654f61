import { fitsInteger, formatNumber, isList, isMap, type Value } from "./value";

/** Deepest nesting that is read or written; deeper data would end the process, not the workflow. */
const MAX_DEPTH = 500;

/** What is wrong with a JSON text. */
export class JsonFault extends Error {}

/**
 * Reads JSON as Workflows does: digits alone are integers of 64 bits, everything else numeric is a double.
 * @throws JsonFault
 */
export function parseJson(text: string): Value {
  let position = 0;
  const fail = (what: string): never => {
    throw new JsonFault(`${what} at character ${position}`);
  };
  const space = () => {
    while (position < text.length && " \t\n\r".includes(text[position]!)) position++;
  };
  const expect = (symbol: string) => {
    space();
    if (text[position] !== symbol) fail(`expected ${JSON.stringify(symbol)}`);
    position++;
  };
  const string = (): string => {
    const start = position;
    for (position++; position < text.length && text[position] !== '"'; position++)
      if (text[position] === "\\") position++;
    position++;
    try {
      return JSON.parse(text.slice(start, position)) as string;
    } catch {
      position = start;
      return fail("malformed string");
    }
  };
  /** Reads `item` until `close`, separated by commas. */
  const sequence = (close: string, item: () => void) => {
    position++;
    space();
    if (text[position] === close) return void position++;
    for (;;) {
      item();
      space();
      if (text[position] === close) return void position++;
      expect(",");
    }
  };
  const value = (depth: number): Value => {
    if (depth > MAX_DEPTH) fail("nested too deeply");
    space();
    const char = text[position];
    if (char === '"') return string();
    if (char === "[") {
      const items: Value[] = [];
      sequence("]", () => items.push(value(depth + 1)));
      return items;
    }
    if (char === "{") {
      const entries = new Map<string, Value>();
      sequence("}", () => {
        space();
        if (text[position] !== '"') fail("expected a key");
        const key = string();
        expect(":");
        entries.set(key, value(depth + 1));
      });
      return entries;
    }
    const rest = text.slice(position, position + 400);
    const word = /^(?:true|false|null)\b/.exec(rest)?.[0];
    const number = word === undefined ? /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(rest) : null;
    if (word === undefined && number === null) fail("expected a value");
    const read = word ?? number![0];
    position += read.length;
    if (word !== undefined) return JSON.parse(word) as Value;
    if (number![1] !== undefined || number![2] !== undefined) return Number(read);
    const integer = BigInt(read);
    return fitsInteger(integer) ? integer : Number(read);
  };
  const result = value(0);
  space();
  if (position < text.length) fail("unexpected text after the value");
  return result;
}

/** How JSON is laid out: nothing between tokens, or a line for each, after `prefix`, deeper by `indent`. */
export interface JsonLayout {
  readonly prefix: string;
  readonly indent: string;
}

/** @throws JsonFault for bytes, which JSON cannot carry, and for doubles that are no numbers */
export function printJson(value: Value, layout?: JsonLayout, depth = 0): string {
  if (depth > MAX_DEPTH) throw new JsonFault("nested too deeply");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new JsonFault(`JSON has no ${value}`);
    return formatNumber(value);
  }
  const wrap = (open: string, parts: readonly string[], close: string) => {
    if (parts.length === 0 || !layout) return `${open}${parts.join(",")}${close}`;
    const line = (deep: number) => `\n${layout.prefix}${layout.indent.repeat(deep)}`;
    return `${open}${parts.map((part) => `${line(depth + 1)}${part}`).join(",")}${line(depth)}${close}`;
  };
  if (isList(value))
    return wrap(
      "[",
      value.map((item) => printJson(item, layout, depth + 1)),
      "]",
    );
  if (!isMap(value)) throw new JsonFault("bytes have no JSON; use base64.encode");
  const colon = layout ? ": " : ":";
  const entries = [...value].map(
    ([key, item]) => `${JSON.stringify(key)}${colon}${printJson(item, layout, depth + 1)}`,
  );
  return wrap("{", entries, "}");
}
