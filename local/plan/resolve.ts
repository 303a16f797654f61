import type { Issue } from "../../contract/issue";
import { evaluateBody } from "./body";
import { bind, type Scope } from "./evaluate";
import { issue } from "./issues";
import { type Node, REMOTE_STATE } from "./nodes";
import type { StackDocument } from "./read";
import { type Attributes, EvaluationFault, isObject, toList, toNumber, toText, type Value } from "./values";

type Named = Record<string, Value>;

/** Everything known of one stack so far. */
export interface StackValues {
  readonly document: StackDocument;
  /** By type, then by name. */
  readonly resource: Record<string, Named>;
  readonly data: Record<string, Named>;
  readonly local: Named;
  readonly variable: Named;
  readonly output: Named;
  /** By `google` or `google.alias`. */
  readonly provider: Named;
}

// No prototype: a resource may be called "constructor".
const empty = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

export const emptyValues = (document: StackDocument): StackValues => ({
  document,
  resource: empty(),
  data: empty(),
  local: empty(),
  variable: empty(),
  output: empty(),
  provider: empty(),
});

/** Marks the attributes of a resource whose type is unknown, so that any attribute may be asked of them. */
const STAND_IN = Symbol("stand-in");

export const standIn = (config: Attributes, address: string): Attributes =>
  Object.assign({ ...config }, { [STAND_IN]: address });

/** The names an expression of a stack may use. @param producer stack that writes a remote state of this one */
export function scopeOf(
  values: StackValues,
  producer: (name: string) => StackValues | undefined,
  key: string,
  report: (issue: Issue) => void,
): Scope {
  const { stack, directory } = values.document;
  const remoteStates = (): Value => {
    const names = Object.keys(section(values.document.json, "data", REMOTE_STATE));
    return Object.fromEntries(names.map((name) => [name, { outputs: { ...producer(name)?.output } }]));
  };
  const roots: Readonly<Record<string, () => Value>> = {
    local: () => values.local,
    var: () => values.variable,
    data: () => ({ ...values.data, [REMOTE_STATE]: remoteStates() }),
    terraform: () => ({ workspace: "default" }),
    path: () => ({ module: ".", root: ".", cwd: directory }),
  };
  return {
    root: (name) => (Object.hasOwn(roots, name) ? roots[name]!() : values.resource[name]),
    missing(object, name) {
      const address: unknown = (object as { [STAND_IN]?: unknown })[STAND_IN];
      if (typeof address !== "string") return undefined;
      const problem = `asks for ${name} of ${address}, whose type the engine does not know; a stand-in is used`;
      const fix = "check what depends on the value; it exists on Google Cloud only";
      report(issue("MR4013", key, problem, fix, { severity: "warning" }));
      return `local-stand-in/${stack}/${address}/${name}`;
    },
  };
}

const section = (json: Attributes, ...path: readonly string[]): Attributes =>
  path.reduce<Attributes>((value, name) => (isObject(value[name]) ? value[name] : {}), json);

/** One instance of a resource: the scope its body is evaluated in, and the suffix of its address. */
export interface Instance {
  readonly scope: Scope;
  readonly suffix: string;
}

/** What `count` or `for_each` make of a resource, and how its instances form the value other expressions see. */
export interface Instances {
  readonly list: readonly Instance[];
  collect(made: readonly Value[]): Value;
}

/** Unfolds `count` and `for_each`; what is wrong with them is reported, and nothing unfolds. */
export function instancesOf(node: Node, scope: Scope, report: (issue: Issue) => void): Instances {
  const none: Instances = { list: [], collect: () => [] };
  const argument = node.count ?? node.forEach;
  if (!argument) return { list: [{ scope, suffix: "" }], collect: ([only]) => only! };
  const value = evaluateBody(argument, scope, report);
  try {
    if (node.count) {
      const count = toNumber(value);
      if (!Number.isInteger(count) || count < 0) throw new EvaluationFault(`count is ${count}`);
      const list = Array.from({ length: count }, (_, index) => ({
        scope: bind(scope, { count: { index } }),
        suffix: `[${index}]`,
      }));
      return { list, collect: (made) => made };
    }
    const pairs: (readonly [string, Value])[] = Array.isArray(value)
      ? toList(value).map((item) => [toText(item), item])
      : isObject(value)
        ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        : fail("for_each is neither a map nor a set");
    const list = pairs.map(([key, item]) => ({
      scope: bind(scope, { each: { key, value: item } }),
      suffix: `[${JSON.stringify(key)}]`,
    }));
    return { list, collect: (made) => Object.fromEntries(pairs.map(([key], index) => [key, made[index]!])) };
  } catch (error) {
    if (!(error instanceof EvaluationFault)) throw error;
    report(
      issue("MR4008", node.key, error.message, "give count a whole number ≥ 0, for_each a map or a set of strings"),
    );
    return none;
  }
}

const fail = (message: string): never => {
  throw new EvaluationFault(message);
};
