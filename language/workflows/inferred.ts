import { type Expression, walk } from "./expression";
import type { Position } from "./fault";
import type { Workflow } from "./model";
import { expressionsOf } from "./reader";
import { graphOf } from "./check/graph";
import { visitRoutine } from "./check/visit";

/**
 * Behaviour that Google does not document and nobody has confirmed: what the interpreter does instead of failing. Each
 * is to be tried on the real service before anything relies on it.
 */
const INFERRED = {
  remainder: "% takes the sign of its right side, as // rounds down",
  overflow: "an integer beyond 64 bits raises ValueError",
  "number text": 'a whole double keeps its point in text: "" + 4.0 is "4.0"',
  "cross equality": "values of different types are unequal, no error; an integer equals the double of its number",
  "string order": "strings compare by their UTF-16 code units",
  "short circuit": "and and or stop at the side that decides",
  "raised string": "an except binds a raised string as the string itself",
  "raised value": "raise takes any value, though Google's page names strings and maps alone",
  "log text": "the text of sys.log takes any value, as Google's own samples have it",
  "nested assignment": "maps that an assignment passes through are made when they are missing or null",
  "key order": "keys() lists keys in the order in which they were set",
  "response body": "a body that is neither JSON nor text is bytes; header names are lower case; redirects are followed",
  "default retry": "http.default_retry multiplies its delay by 1.25, without jitter",
  "retry parts":
    "a retry without max_retries retries 5 times, without a backoff as http.default_retry does, without a predicate every error",
  "return in parallel":
    "return and end within a branch or iteration end that branch or iteration; break ends its own iteration",
  "shared assignment":
    "an assignment to a shared variable is evaluated and stored in one piece, unless it calls a sub-workflow",
  "end in block": "end ends the routine; a sub-workflow then gives null",
  "missing argument": "a parameter of main without an argument is null",
  "hash names": "MD5, SHA1, SHA256, SHA384 and SHA512 name the algorithms",
  "text ends": 'substring clamps its ends to the text, split refuses "", find_all does not overlap',
  "branch error": "the map of UnhandledBranchError holds message, tags, branches with id and error, and truncated",
  "unset variable": "reading a variable that is not set raises KeyError",
  "lone jump": "a step may do nothing but jump",
  "single quotes": "strings may stand in single quotes, and doubles may have exponents",
  "default expression":
    "an expression as a default of a parameter is evaluated when the routine is called, and sees no variables",
  "lookup in members": "null has no members: TypeError",
  truncation: "int() cuts off towards zero",
  "regular expression":
    "find_all_regex and match_regex prefer the leftmost, then the longest match, as replace_all_regex does",
} as const;

type InferredName = keyof typeof INFERRED;

/** Where a definition relies on inferred behaviour. */
export interface Reliance {
  readonly name: InferredName;
  readonly behaviour: string;
  readonly at: Position;
  /** Routine and step. */
  readonly path: string;
}

const CALLS: Readonly<Record<string, InferredName>> = {
  keys: "key order",
  int: "truncation",
  "hash.compute_checksum": "hash names",
  "hash.compute_hmac": "hash names",
  "text.substring": "text ends",
  "text.split": "text ends",
  "text.find_all": "text ends",
  "text.find_all_regex": "regular expression",
  "text.match_regex": "regular expression",
};

const OPERATORS: Readonly<Record<string, InferredName>> = {
  "%": "remainder",
  "==": "cross equality",
  "!=": "cross equality",
  and: "short circuit",
  or: "short circuit",
};

/** Each inferred behaviour that the text of a definition shows it to rely on, with the first place of each in a step. */
export function inferredIn({ routines }: Workflow): readonly Reliance[] {
  const found = new Map<string, Reliance>();
  const note = (name: InferredName | undefined, at: Position, path: string) => {
    const key = `${name} ${path}`;
    if (name !== undefined && !found.has(key)) found.set(key, { name, behaviour: INFERRED[name], at, path });
  };
  for (const routine of routines.values()) {
    const [first] = routine.params;
    if (routine.name === "main" && first && !first.default) note("missing argument", routine.at, routine.name);
    for (const one of routine.params)
      if (one.default?.kind === "expression") note("default expression", one.default.at, routine.name);
    for (const { at, path } of graphOf(routine).returns) note("return in parallel", at, path);
    const switches = new Set<string>();
    visitRoutine(routine, {
      template(template, path) {
        for (const { expression, at } of expressionsOf(template))
          for (const node of walk(expression)) note(nameOf(node), at, path);
      },
      target(target, path) {
        if (target.path.length > 1) note("nested assignment", target.at, path);
      },
      action(action, path, at) {
        // A case that only jumps is documented; it is told by having the step of its switch.
        if (action.kind === "next" && !switches.has(path)) note("lone jump", at, path);
        if (action.kind === "switch") switches.add(path);
        if (action.kind === "parallel") {
          note("branch error", at, path);
          if (action.shared.length > 0) note("shared assignment", at, path);
        }
        if (action.kind === "raise" && action.value.kind === "constant")
          note(typeof action.value.value === "string" ? "raised string" : "raised value", at, path);
        if (action.kind === "call" && action.function === "sys.log" && "named" in action.args)
          for (const [key, value] of action.args.named)
            if (key === "text" && value.kind !== "constant") note("log text", value.at, path);
        if (action.kind === "try" && action.retry && "policy" in action.retry) note("default retry", at, path);
        if (action.kind === "try" && action.retry && !("policy" in action.retry)) {
          const { predicate, maxRetries, backoff } = action.retry;
          if (predicate === undefined || !maxRetries || !backoff) note("retry parts", action.retry.at, path);
        }
        if (action.kind === "call" && action.function.startsWith("http.")) note("response body", at, path);
      },
    });
  }
  return [...found.values()];
}

function nameOf(node: Expression): InferredName | undefined {
  if (node.kind === "call") return Object.hasOwn(CALLS, node.name) ? CALLS[node.name] : undefined;
  if (node.kind !== "binary") return undefined;
  // Comparison with null is documented.
  const operands = [node.left, node.right];
  if (operands.some((one) => one.kind === "literal" && one.value === null)) return undefined;
  const ordering = ["<", "<=", ">", ">="].includes(node.operator);
  if (ordering && operands.some((one) => one.kind === "literal" && typeof one.value === "string"))
    return "string order";
  return OPERATORS[node.operator];
}
