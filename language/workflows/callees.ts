import type { Expression } from "./expression";
import type { Position } from "./fault";
import { isConnector } from "./functions";
import type { Call, Template, Workflow } from "./model";
import { visitRoutine } from "./check/visit";
import { formatNumber } from "./value";

/** A call that leaves a workflow, as far as its text says it without running. */
export interface Callee {
  readonly kind: "http" | "connector" | "log";
  /** Name of the function. */
  readonly function: string;
  readonly at: Position;
  /** Routine and step. */
  readonly path: string;
  /** Texts of arguments. */
  readonly args: Readonly<Record<string, StaticText>>;
  /** The token that a request carries, with its audience where that is known. */
  readonly auth?: { readonly type: string; readonly audience?: string };
  /** Headers by their names in lower case, and what is known of each; undefined where only a run tells their names. */
  readonly headers?: Readonly<Record<string, StaticText | undefined>>;
  /** Names of the body's members, none without a body; undefined where only a run tells. */
  readonly members?: readonly string[];
  /** Seconds that a request may take, where it is written as a number. */
  readonly timeoutSeconds?: number;
  /** Whether it stands in a try with retries, or one that catches. */
  readonly guarded: boolean;
}

/** What is known of a text: all of it, or how it begins. */
export interface StaticText {
  readonly text: string;
  readonly whole: boolean;
}

/** Values of `sys.get_env` that are known without running. */
export type KnownEnvironment = Readonly<Record<string, string>>;

/** What a definition calls, in the order of the source. */
export function calleesOf({ routines }: Workflow, env: KnownEnvironment = {}): readonly Callee[] {
  const found: Callee[] = [];
  for (const routine of routines.values()) {
    const tried = new Set<string>();
    visitRoutine(routine, {
      action(action, path) {
        if (action.kind !== "try" || (!action.retry && !action.except)) return;
        visitRoutine(
          { ...routine, params: [], steps: [{ name: path.split("/").at(-1)!, ...action.body }] },
          { call: (call, inner) => void tried.add(keyOf(call, inner)) },
        );
      },
      call(call, path) {
        const callee = calleeOf(call, path, env);
        if (callee) found.push({ ...callee, guarded: tried.has(keyOf(call, path)) });
      },
    });
  }
  return found;
}

const keyOf = ({ at, function: name }: Call, path: string) => `${path} ${name} ${at.line}:${at.column}`;

function calleeOf(call: Call, path: string, env: KnownEnvironment): Omit<Callee, "guarded"> | undefined {
  const { function: name, at } = call;
  const kind = name.startsWith("http.")
    ? "http"
    : isConnector(name)
      ? "connector"
      : name === "sys.log"
        ? "log"
        : undefined;
  if (kind === undefined) return undefined;
  const named = "named" in call.args ? call.args.named : [];
  const args = Object.fromEntries(
    named.flatMap(([key, value]) => {
      const text = staticText(value, env);
      return text ? [[key, text] as const] : [];
    }),
  );
  const given = (name: string) => named.find(([key]) => key === name)?.[1];
  const [auth, timeout] = [given("auth"), given("timeout")];
  const [headers, members] = [given("headers"), given("body")].map((one) => (one ? entriesOf(one) : []));
  const seconds =
    timeout?.kind === "constant" && (typeof timeout.value === "bigint" || typeof timeout.value === "number");
  return {
    kind,
    function: name,
    at,
    path,
    args,
    ...(auth && { auth: authOf(auth, env) }),
    ...(headers && {
      headers: Object.fromEntries(headers.map(([key, value]) => [key.toLowerCase(), staticText(value, env)])),
    }),
    ...(members && { members: members.map(([key]) => key) }),
    ...(seconds && { timeoutSeconds: Number(timeout.value) }),
  };
}

/** The members of a map whose names are all written out. */
function entriesOf(template: Template): readonly (readonly [string, Template])[] | undefined {
  if (template.kind !== "map") return undefined;
  const entries = template.entries.flatMap(([key, value]) =>
    key.kind === "constant" && typeof key.value === "string" ? [[key.value, value] as const] : [],
  );
  return entries.length === template.entries.length ? entries : undefined;
}

function authOf(template: Template, env: KnownEnvironment): { readonly type: string; readonly audience?: string } {
  const field = (name: string) => {
    const value = entriesOf(template)?.find(([key]) => key === name)?.[1];
    const text = value && staticText(value, env);
    return text?.whole ? text.text : undefined;
  };
  const audience = field("audience");
  return { type: field("type") ?? "", ...(audience !== undefined && { audience }) };
}

/** The text that a value has, or begins with, whatever the variables hold; nothing where it begins with one. */
export function staticText(template: Template, env: KnownEnvironment): StaticText | undefined {
  if (template.kind === "constant")
    return typeof template.value === "string" ? { text: template.value, whole: true } : undefined;
  return template.kind === "expression" ? textOf(template.expression, env) : undefined;
}

function textOf(node: Expression, env: KnownEnvironment): StaticText | undefined {
  if (node.kind === "literal") {
    const { value } = node;
    if (typeof value === "string") return { text: value, whole: true };
    return typeof value === "bigint" || typeof value === "number"
      ? { text: formatNumber(value), whole: true }
      : undefined;
  }
  if (node.kind === "call" && node.name === "sys.get_env") {
    const [name] = node.args;
    const known = name?.kind === "literal" && typeof name.value === "string" && Object.hasOwn(env, name.value);
    return known ? { text: env[name.value]!, whole: true } : undefined;
  }
  if (node.kind !== "binary" || node.operator !== "+") return undefined;
  const left = textOf(node.left, env);
  if (!left?.whole) return left;
  const right = textOf(node.right, env);
  return { text: left.text + (right?.text ?? ""), whole: right?.whole ?? false };
}
