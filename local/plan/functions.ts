import { createHash } from "node:crypto";
import { format, jsonText } from "./format";
import {
  type Attributes,
  equal,
  EvaluationFault,
  isObject,
  sortedKeys,
  toBool,
  toList,
  toNumber,
  toObject,
  toText,
  typeOf,
  type Value,
} from "./values";

type PlanFunction = (...args: Value[]) => Value;

const fault = (message: string): never => {
  throw new EvaluationFault(message);
};

const required = (value: Value | undefined): Value => (value === undefined ? fault("too few arguments") : value);
const text = (value: Value | undefined): string => toText(required(value));
const number = (value: Value | undefined): number => toNumber(required(value));
const list = (value: Value | undefined): readonly Value[] => toList(required(value));
const object = (value: Value | undefined): Attributes => toObject(required(value));

const unique = (values: readonly Value[]): Value[] =>
  values.filter((value, index) => values.findIndex((other) => equal(other, value)) === index);

const byText = (a: Value, b: Value): number => (toText(a) < toText(b) ? -1 : toText(a) > toText(b) ? 1 : 0);

/** Sets of primitives iterate in the order of their text. */
const set = (values: readonly Value[]): Value[] => {
  const members = unique(values);
  return members.some((member) => typeof member === "object") ? members : members.sort(byText);
};

const digest =
  (algorithm: string, encoding: "hex" | "base64"): PlanFunction =>
  (value) =>
    createHash(algorithm).update(text(value), "utf8").digest(encoding);

const flatten = (values: readonly Value[]): Value[] =>
  values.flatMap((value) => (Array.isArray(value) ? flatten(toList(value)) : [value]));

/** `/…/` around the pattern makes it a regular expression. */
const pattern = (value: Value | undefined): RegExp | string => {
  const source = text(value);
  const inner = /^\/(.*)\/$/s.exec(source)?.[1];
  return inner === undefined ? source : regex(inner, "g");
};

const regex = (source: string, flags = ""): RegExp => {
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    return fault(`"${source}" is not a regular expression`);
  }
};

const matchValue = (match: RegExpMatchArray): Value => {
  if (match.groups) return Object.fromEntries(Object.entries(match.groups).map(([key, value]) => [key, value ?? null]));
  return match.length > 1 ? match.slice(1).map((group) => group ?? null) : match[0];
};

const range = (args: readonly Value[]): Value => {
  const [first, second, third] = args.map(toNumber);
  const start = second === undefined ? 0 : first!;
  const end = second === undefined ? first! : second;
  const step = third ?? (end < start ? -1 : 1);
  if (step === 0) return fault("the step is zero");
  const values: Value[] = [];
  for (let value = start; step > 0 ? value < end : value > end; value += step) {
    if (values.push(value) > 1024) return fault("more than 1024 elements");
  }
  return values;
};

const length: PlanFunction = (value) => {
  const subject = required(value);
  if (typeof subject === "string") return Array.from(subject).length;
  if (Array.isArray(subject)) return subject.length;
  return isObject(subject) ? Object.keys(subject).length : fault(`a ${typeOf(subject)} has no length`);
};

const element: PlanFunction = (value, index) => {
  const items = list(value);
  const position = number(index);
  if (items.length === 0) return fault("the list is empty");
  if (position < 0) return fault("the index is negative");
  return items[Math.trunc(position) % items.length]!;
};

const lookup: PlanFunction = (map, key, fallback) => {
  const found = object(map);
  const name = text(key);
  if (Object.hasOwn(found, name)) return found[name]!;
  return fallback ?? (fallback === null ? null : fault(`there is no key "${name}"`));
};

const merge: PlanFunction = (...maps) =>
  Object.fromEntries(maps.filter((map) => map !== null).flatMap((map) => Object.entries(toObject(map))));

const coalesce: PlanFunction = (...values) =>
  values.find((value) => value !== null && value !== "") ?? fault("every argument is null or empty");

const coalescelist: PlanFunction = (...values) =>
  values.find((value) => value !== null && toList(value).length > 0) ?? fault("every list is empty");

const substr: PlanFunction = (value, offset, size) => {
  const chars = Array.from(text(value));
  const start = number(offset) < 0 ? chars.length + number(offset) : number(offset);
  const count = number(size);
  return chars.slice(start, count < 0 ? undefined : start + count).join("");
};

const formatlist: PlanFunction = (template, ...args) => {
  const size = Math.max(...args.map((value) => (Array.isArray(value) ? value.length : 1)));
  return Array.from({ length: size }, (_, index) =>
    format(
      text(template),
      args.map((value) => (Array.isArray(value) ? required(toList(value)[index]) : value)),
    ),
  );
};

const replace: PlanFunction = (value, search, replacement) => {
  const find = pattern(search);
  const by = text(replacement);
  // Terraform writes a capture as $1 or ${1}, as RE2 does.
  return typeof find === "string"
    ? text(value).split(find).join(by)
    : text(value).replace(
        find,
        by.replace(/\$\{(\w+)\}/g, (_, name) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`)),
      );
};

const match: PlanFunction = (source, value) => {
  const found = text(value).match(regex(text(source)));
  return found ? matchValue(found) : fault("the pattern does not match");
};

const contains: PlanFunction = (values, value) => list(values).some((item) => equal(item, required(value)));

const setproduct: PlanFunction = (...lists) =>
  lists.reduce<Value[][]>((rows, next) => rows.flatMap((row) => toList(next).map((item) => [...row, item])), [[]]);

const jsondecode: PlanFunction = (value) => {
  try {
    return JSON.parse(text(value)) as Value;
  } catch {
    return fault("the text is not JSON");
  }
};

const indent: PlanFunction = (spaces, value) => text(value).replace(/\n(?!$)/g, `\n${" ".repeat(number(spaces))}`);

/**
 * The functions a plan may call, by Terraform's names
 * (https://developer.hashicorp.com/terraform/language/functions). What reads files, the clock or chance is left out:
 * a plan made from the same JSON is the same plan. `try` and `can` are in `evaluate`, since their arguments may fail.
 */
export const functions: Readonly<Record<string, PlanFunction>> = {
  abs: (value) => Math.abs(number(value)),
  alltrue: (values) => list(values).every(toBool),
  anytrue: (values) => list(values).some(toBool),
  base64decode: (value) => Buffer.from(text(value), "base64").toString("utf8"),
  base64encode: (value) => Buffer.from(text(value), "utf8").toString("base64"),
  base64sha256: digest("sha256", "base64"),
  ceil: (value) => Math.ceil(number(value)),
  chomp: (value) => text(value).replace(/[\r\n]+$/, ""),
  coalesce,
  coalescelist,
  compact: (values) => list(values).filter((value) => value !== null && value !== ""),
  concat: (...lists) => lists.flatMap((value) => toList(value)),
  contains,
  distinct: (values) => unique(list(values)),
  element,
  endswith: (value, suffix) => text(value).endsWith(text(suffix)),
  flatten: (values) => flatten(list(values)),
  floor: (value) => Math.floor(number(value)),
  format: (template, ...args) => format(text(template), args),
  formatlist,
  indent,
  index: (values, value) => {
    const at = list(values).findIndex((item) => equal(item, required(value)));
    return at < 0 ? fault("the value is not in the list") : at;
  },
  join: (separator, ...lists) =>
    lists
      .flatMap((value) => toList(value))
      .map(toText)
      .join(text(separator)),
  jsondecode,
  jsonencode: (value) => jsonText(required(value)),
  keys: (map) => sortedKeys(object(map)),
  length,
  lookup,
  lower: (value) => text(value).toLowerCase(),
  max: (...values) => Math.max(...values.map(toNumber)),
  md5: digest("md5", "hex"),
  merge,
  min: (...values) => Math.min(...values.map(toNumber)),
  nonsensitive: (value) => required(value),
  one: (values) => {
    const items = list(values);
    return items.length > 1 ? fault("more than one element") : (items[0] ?? null);
  },
  parseint: (value, base) => {
    const parsed = Number.parseInt(text(value), number(base));
    return Number.isNaN(parsed) ? fault(`"${text(value)}" is not a whole number`) : parsed;
  },
  pow: (base, exponent) => number(base) ** number(exponent),
  range: (...args) => range(args),
  regex: match,
  regexall: (source, value) => [...text(value).matchAll(regex(text(source), "g"))].map(matchValue),
  replace,
  reverse: (values) => [...list(values)].reverse(),
  sensitive: (value) => required(value),
  setintersection: (first, ...others) =>
    set(list(first).filter((item) => others.every((other) => contains(other, item) === true))),
  setproduct,
  setsubtract: (a, b) => set(list(a).filter((item) => contains(required(b), item) !== true)),
  setunion: (...lists) => set(lists.flatMap((value) => toList(value))),
  sha1: digest("sha1", "hex"),
  sha256: digest("sha256", "hex"),
  sha512: digest("sha512", "hex"),
  signum: (value) => Math.sign(number(value)),
  slice: (values, start, end) => list(values).slice(number(start), number(end)),
  sort: (values) => [...list(values)].map(toText).sort(),
  split: (separator, value) => text(value).split(text(separator)),
  startswith: (value, prefix) => text(value).startsWith(text(prefix)),
  strcontains: (value, part) => text(value).includes(text(part)),
  strrev: (value) => Array.from(text(value)).reverse().join(""),
  substr,
  sum: (values) => list(values).reduce<number>((total, value) => total + toNumber(value), 0),
  title: (value) => text(value).replace(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
  tobool: (value) => (value === null ? null : toBool(required(value))),
  tolist: (value) => (value === null ? null : [...list(value)]),
  tomap: (value) => (value === null ? null : object(value)),
  tonumber: (value) => (value === null ? null : number(value)),
  toset: (value) => (value === null ? null : set(list(value))),
  tostring: (value) => (value === null ? null : text(value)),
  trim: (value, characters) => {
    const cut = new Set(text(characters));
    const chars = Array.from(text(value));
    while (chars.length && cut.has(chars[0]!)) chars.shift();
    while (chars.length && cut.has(chars.at(-1)!)) chars.pop();
    return chars.join("");
  },
  trimprefix: (value, prefix) =>
    text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value),
  trimspace: (value) => text(value).trim(),
  trimsuffix: (value, suffix) =>
    text(suffix) && text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : text(value),
  upper: (value) => text(value).toUpperCase(),
  urlencode: (value) => new URLSearchParams([["", text(value)]]).toString().slice(1),
  values: (map) => {
    const subject = object(map);
    return sortedKeys(subject).map((key) => subject[key]!);
  },
  zipmap: (keys, values) => {
    const items = list(values);
    const names = list(keys).map(toText);
    if (names.length !== items.length) return fault("keys and values differ in number");
    return Object.fromEntries(names.map((name, index) => [name, items[index]!]));
  },
};
