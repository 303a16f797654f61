import { nodeOf } from "./data";
import { type Data, type Dynamic, expr, type Expr, type Input, type Typed } from "./expression";
import { join } from "./operators";

/** A call of a function by its name; arguments that are left out at the end are not passed. */
function of<T>(name: string, ...args: readonly (Data | undefined)[]): Expr<T> {
  const given = [...args];
  while (given.length > 0 && given.at(-1) === undefined) given.pop();
  return expr({ kind: "call", name, args: given.map((arg) => nodeOf(arg === undefined ? null : arg)), offset: 0 });
}

type Text = Input<string>;
type Bytes = Typed<Uint8Array>;
type Number_ = Input<number>;

/** Items of a list, entries of a map, characters of a text. */
export const len = (value: Input<readonly unknown[]> | Input<string> | Typed<unknown>): Expr<number> =>
  of("len", value as Data);
export const keys = (map: Data): Expr<readonly string[]> => of("keys", map);
export const string = (value: Input<number> | Input<boolean>): Expr<string> => of("string", value as Data);
/** Raises ValueError for a text that is no number. */
export const int = (value: Text | Number_): Expr<number> => of("int", value as Data);
/** Raises ValueError for a text that is no number. */
export const double = (value: Text | Number_): Expr<number> => of("double", value as Data);
/** `value`, unless it is null. */
export const defaultTo = <T>(value: Typed<T>, otherwise: Input<NonNullable<T>>): Expr<NonNullable<T>> =>
  of("default", value, otherwise);
/** One of two values; both are computed. A condition that is null counts as false. */
export const choose = <T>(condition: Input<boolean | null>, yes: Input<T>, no: Input<T>): Expr<T> =>
  of("if", condition as Data, yes, no);
/** `"integer"`, `"double"`, `"string"`, `"boolean"`, `"null"`, `"bytes"`, `"list"` or `"map"`. */
export const typeOf = (value: Data): Expr<string> => of("get_type", value);

/**
 * A variable of the workflow's environment. Raises KeyError when there is none and no other value is given.
 * Google's own: `GOOGLE_CLOUD_PROJECT_ID`, `GOOGLE_CLOUD_LOCATION`, `GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID`, …
 */
export const env = (name: string, otherwise?: string): Expr<string> => of("sys.get_env", name, otherwise);

/** Seconds since the Unix epoch, with a fraction. */
export const now = (): Expr<number> => of("sys.now");

/** A match of a regular expression. */
export interface Match {
  readonly index: number;
  readonly match: string;
}

/** Text joined from parts, text`order ${order.id}`, and the functions of texts. */
export const text = Object.assign(
  (strings: TemplateStringsArray, ...values: readonly Data[]): Expr<string> => join(strings, values),
  {
    decode: (data: Bytes, charset?: string): Expr<string> => of("text.decode", data, charset),
    encode: (data: Text, charset?: string): Expr<Uint8Array> => of("text.encode", data, charset),
    findAll: (source: Text, part: Text): Expr<readonly number[]> => of("text.find_all", source, part),
    findAllRegex: (source: Text, pattern: Text): Expr<readonly Match[]> => of("text.find_all_regex", source, pattern),
    matchRegex: (source: Text, pattern: Text): Expr<boolean> => of("text.match_regex", source, pattern),
    replaceAll: (source: Text, part: Text, by: Text): Expr<string> => of("text.replace_all", source, part, by),
    replaceAllRegex: (source: Text, pattern: Text, by: Text): Expr<string> =>
      of("text.replace_all_regex", source, pattern, by),
    split: (source: Text, separator: Text): Expr<readonly string[]> => of("text.split", source, separator),
    /** From `start` up to and without `end`, both counted from 0. */
    substring: (source: Text, start: Number_, end: Number_): Expr<string> => of("text.substring", source, start, end),
    toLower: (source: Text): Expr<string> => of("text.to_lower", source),
    toUpper: (source: Text): Expr<string> => of("text.to_upper", source),
    urlDecode: (source: Text): Expr<string> => of("text.url_decode", source),
    urlEncode: (source: Text): Expr<string> => of("text.url_encode", source),
    urlEncodePlus: (source: Text): Expr<string> => of("text.url_encode_plus", source),
  },
);

export const list = {
  /** The list with one item more at its end. */
  append: <T>(items: Input<readonly T[]>, item: Input<T>): Expr<readonly T[]> => of("list.concat", items as Data, item),
  /** The list with one item more at its start. */
  prepend: <T>(items: Input<readonly T[]>, item: Input<T>): Expr<readonly T[]> =>
    of("list.prepend", items as Data, item),
} as const;

export const map = {
  /** The member at a key or a path of keys, null where there is none. */
  get: <T = Dynamic>(from: Data, path: Text | readonly Text[]): Expr<T | null> => of("map.get", from, path as Data),
  /** A copy without a key. */
  without: <T>(from: Input<T>, key: Text): Expr<Partial<T>> => of("map.delete", from, key),
  /** Both; the second one's members win. */
  merge: <A, B>(first: Input<A>, second: Input<B>): Expr<Omit<A, keyof B> & B> => of("map.merge", first, second),
  /** Both, maps within them too; the second one's members win. */
  mergeNested: <A, B>(first: Input<A>, second: Input<B>): Expr<A & B> => of("map.merge_nested", first, second),
} as const;

export const math = {
  abs: (x: Number_): Expr<number> => of("math.abs", x),
  floor: (x: Number_): Expr<number> => of("math.floor", x),
  max: (x: Number_, y: Number_): Expr<number> => of("math.max", x, y),
  min: (x: Number_, y: Number_): Expr<number> => of("math.min", x, y),
} as const;

export const json = {
  /** Raises ValueError for what is no JSON. */
  decode: <T = Dynamic>(data: Bytes | Text): Expr<T> => of("json.decode", data),
  encode: (data: Data, indent?: boolean): Expr<Uint8Array> => of("json.encode", data, indent),
  encodeToString: (data: Data, indent?: boolean): Expr<string> => of("json.encode_to_string", data, indent),
} as const;

export const base64 = {
  decode: (data: Text, padding?: boolean): Expr<Uint8Array> => of("base64.decode", data, padding),
  encode: (data: Bytes, padding?: boolean): Expr<string> => of("base64.encode", data, padding),
} as const;

export const hash = {
  checksum: (data: Bytes, algorithm: string): Expr<Uint8Array> => of("hash.compute_checksum", data, algorithm),
  hmac: (key: Bytes, data: Bytes, algorithm: string): Expr<Uint8Array> => of("hash.compute_hmac", key, data, algorithm),
} as const;

export const time = {
  /** RFC 3339, in a zone of the IANA database; UTC, if left out. */
  format: (seconds: Number_, zone?: string): Expr<string> => of("time.format", seconds, zone),
  /** Seconds since the Unix epoch. Raises ValueError for what is no RFC 3339 time. */
  parse: (value: Text): Expr<number> => of("time.parse", value),
} as const;

export const uuid = (): Expr<string> => of("uuid.generate");
