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
    const block = Array.isArray(actual) && actual.length === 1 ? (actual[0] as Json) : actual;
    if (typeof block !== "object" || block === null || Array.isArray(block))
      return [`${here}: expected an object, got ${show(actual)}`];
    return Object.entries(expected).flatMap(([name, inner]) =>
      differences((block as Readonly<Record<string, Json>>)[name], inner, path ? `${path}.${name}` : name),
    );
  }
  return Object.is(actual, expected) ? [] : [`${here}: expected ${show(expected)}, got ${show(actual)}`];
}

const isMatcher = (value: Expected): value is AsymmetricMatcher =>
  typeof value === "object" && value !== null && "asymmetricMatch" in value;

const show = (value: Json | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value));
