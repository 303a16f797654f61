import { runtimeError } from "../../../language/workflows/error";
import { described, typeName, type Value } from "../../../language/workflows/value";
import { compileRegex, matchesOf, type Regex, RegexFault } from "./regex";

export type LibraryFunction = (...args: Value[]) => Value;

/** @throws WorkflowError */
export function asString(value: Value | undefined, what: string): string {
  if (typeof value === "string") return value;
  throw runtimeError("TypeError", `${what} must be a string, not ${described(typeName(value ?? null))}`);
}

/** @throws WorkflowError */
export function asBytes(value: Value | undefined, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw runtimeError("TypeError", `${what} must be bytes, not ${described(typeName(value ?? null))}`);
}

/** @throws WorkflowError */
function asInteger(value: Value | undefined, what: string): bigint {
  if (typeof value === "bigint") return value;
  throw runtimeError("TypeError", `${what} must be an integer, not ${described(typeName(value ?? null))}`);
}

function regexOf(pattern: Value): Regex {
  try {
    return compileRegex(asString(pattern, "regexp"));
  } catch (error) {
    if (error instanceof RegexFault) throw runtimeError("ValueError", `invalid regular expression: ${error.message}`);
    throw error;
  }
}

/** Texts are lists of characters, as their lengths and indexes are. */
const chars = (value: Value) => Array.from(asString(value, "source"));

const charset = (value: Value | undefined): void => {
  const name = asString(value ?? "UTF-8", "charset");
  if (!/^utf-?8$/i.test(name)) throw runtimeError("ValueError", `the charset ${name} is not simulated here; use UTF-8`);
};

/** @throws WorkflowError for bytes that are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw runtimeError("ValueError", "the bytes are no UTF-8");
  }
}

/** RFC 3986: what encodeURIComponent leaves besides letters, digits and `-_.~`. */
const percent = (text: string) =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

export const textFunctions: Readonly<Record<string, LibraryFunction>> = {
  "text.decode"(data, name) {
    charset(name);
    return decodeUtf8(asBytes(data, "data"));
  },
  "text.encode"(data, name) {
    charset(name);
    return new TextEncoder().encode(asString(data, "data"));
  },
  "text.find_all"(source, substr) {
    const [text, part] = [chars(source), chars(substr)];
    if (part.length === 0) throw runtimeError("ValueError", "substr must not be empty");
    const found: Value[] = [];
    for (let at = 0; at + part.length <= text.length;) {
      if (part.every((char, index) => text[at + index] === char)) {
        found.push(BigInt(at));
        at += part.length;
      } else at++;
    }
    return found;
  },
  "text.find_all_regex"(source, pattern) {
    const text = chars(source);
    return matchesOf(regexOf(pattern), text).map(
      ({ start, end }): Value =>
        new Map<string, Value>([
          ["index", BigInt(start)],
          ["match", text.slice(start, end).join("")],
        ]),
    );
  },
  "text.match_regex": (source, pattern) => regexOf(pattern).match(chars(source), 0) !== undefined,
  "text.replace_all": (source, substr, repl) =>
    asString(source, "source").replaceAll(asString(substr, "substr"), () => asString(repl, "repl")),
  "text.replace_all_regex"(source, pattern, repl) {
    const text = chars(source);
    const by = asString(repl, "repl");
    let result = "";
    let at = 0;
    for (const { start, end } of matchesOf(regexOf(pattern), text)) {
      result += text.slice(at, start).join("") + by;
      at = end;
    }
    return result + text.slice(at).join("");
  },
  "text.split"(source, separator) {
    const by = asString(separator, "separator");
    if (by === "") throw runtimeError("ValueError", "separator must not be empty");
    return asString(source, "source").split(by);
  },
  "text.substring"(source, start, end) {
    const text = chars(source);
    const within = (value: Value, what: string) => Math.max(0, Math.min(text.length, Number(asInteger(value, what))));
    return text.slice(within(start, "start"), within(end, "end")).join("");
  },
  "text.to_lower": (source) => asString(source, "source").toLowerCase(),
  "text.to_upper": (source) => asString(source, "source").toUpperCase(),
  "text.url_encode": (source) => percent(asString(source, "source")),
  "text.url_encode_plus": (source) => percent(asString(source, "source")).replaceAll("%20", "+"),
  "text.url_decode"(source) {
    try {
      return decodeURIComponent(asString(source, "source").replaceAll("+", " "));
    } catch (error) {
      if (error instanceof URIError) throw runtimeError("ValueError", "malformed percent-encoding");
      throw error;
    }
  },
};
