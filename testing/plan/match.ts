import type { Json } from "../../contract/json";

/** Something that decides for itself, such as `expect.stringContaining("x")`. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
  /** How the matcher is called: `StringContaining`. */
  toString(): string;
}

/**
 * What a value in a plan should be: objects are compared by the properties named, lists whole and in order. A regular
 * expression is tested, a function is asked, `undefined` means absent. A list of one block is also that block.
 */
export type Expected =
  | Json
  | RegExp
  | AsymmetricMatcher
  | ((value: Json | undefined) => boolean)
  | undefined
  | readonly Expected[]
  | { readonly [name: string]: Expected };

/** Properties that a resource should have. */
export type ExpectedProps = Readonly<Record<string, Expected>>;

/** In place of a value that must not be there, where `undefined` would be lost or unclear. */
export const absent: AsymmetricMatcher = {
  asymmetricMatch: (value) => value === undefined || value === null,
  toString: () => "nothing",
};

/** In place of a value that must be there, whatever it is. */
export const present: AsymmetricMatcher = {
  asymmetricMatch: (value) => value !== undefined && value !== null,
  toString: () => "something",
};

/** Takes what is there, so that a test can go on with it. */
export interface Capture extends AsymmetricMatcher {
  /** Of the last resource that a matcher has found. @throws Error when none was found */
  readonly value: Json;
  /** Of each resource that a matcher has found. */
  readonly values: readonly Json[];
}

const captured = new WeakMap<object, Json[]>();

/**
 * In place of a value that a test wants to have from the resource that a matcher finds.
 * @param expected what it should be @default whatever is there
 */
export function capture(expected: Expected = present): Capture {
  const values: Json[] = [];
  const matcher: Capture = {
    asymmetricMatch: (value) => differences(value as Json | undefined, expected).length === 0,
    toString: () => "something to capture",
    values,
    get value() {
      const last = values.at(-1);
      if (last === undefined) throw new Error("nothing was captured: no matcher has found the resource");
      return last;
    },
  };
  captured.set(matcher, values);
  return matcher;
}

/** Fills the captures among what was expected of a value that is all that. */
export function collect(actual: Json | undefined, expected: Expected): void {
  if (typeof expected !== "object" || expected === null || expected instanceof RegExp || actual === undefined) return;
  const values = captured.get(expected);
  if (values) values.push(actual);
  else if (Array.isArray(expected))
    (expected as readonly Expected[]).forEach((item, i) => collect((actual as readonly Json[])[i], item));
  else if (!isMatcher(expected))
    for (const [name, inner] of Object.entries(expected)) collect(blockOf(actual, name), inner);
}

/** Every place where the value is not what it should be, as `path: expected …, got …`. */
export function differences(actual: Json | undefined, expected: Expected, path = ""): readonly string[] {
  const here = path === "" ? "the value" : path;
  if (expected === undefined) return actual === undefined ? [] : [`${here}: expected nothing, got ${show(actual)}`];
  if (typeof expected === "function")
    return expected(actual) ? [] : [`${here}: the function says no to ${show(actual)}`];
  if (expected instanceof RegExp)
    return typeof actual === "string" && expected.test(actual)
      ? []
      : [`${here}: expected ${String(expected)}, got ${show(actual)}`];
  if (isMatcher(expected))
    return expected.asymmetricMatch(actual) ? [] : [`${here}: expected ${expected.toString()}, got ${show(actual)}`];
  if (Array.isArray(expected)) {
    const list = expected as readonly Expected[];
    if (!Array.isArray(actual) || actual.length !== list.length)
      return [`${here}: expected a list of ${list.length}, got ${show(actual)}`];
    return list.flatMap((item, i) => differences((actual as readonly Json[])[i], item, `${path}[${i}]`));
  }
  if (typeof expected === "object" && expected !== null) {
    const block = onlyOf(actual);
    if (typeof block !== "object" || block === null || Array.isArray(block))
      return [`${here}: expected an object, got ${show(actual)}`];
    return Object.entries(expected).flatMap(([name, inner]) =>
      differences((block as Readonly<Record<string, Json>>)[name], inner, path ? `${path}.${name}` : name),
    );
  }
  return Object.is(actual, expected) ? [] : [`${here}: expected ${show(expected)}, got ${show(actual)}`];
}

/** A list of one block is that block. */
const onlyOf = (value: Json | undefined): Json | undefined =>
  Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;

const blockOf = (value: Json, name: string): Json | undefined =>
  (onlyOf(value) as Readonly<Record<string, Json>> | null)?.[name];

const isMatcher = (value: Expected): value is AsymmetricMatcher =>
  typeof value === "object" && value !== null && "asymmetricMatch" in value;

const show = (value: Json | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value));
