import * as fc from "fast-check";
import { WorkflowError } from "../../../language/workflows/error";
import { evaluate } from "../../../language/workflows/evaluate";
import type { BinaryOperator, Expression } from "../../../language/workflows/expression";
import { parseExpression } from "../../../language/workflows/parse-expression";
import { printExpression } from "../../../language/workflows/print-expression";
import { isList, isMap, typeName, type Value } from "../../../language/workflows/value";
import { type Slow, SlowError, slowly } from "./slow-evaluator";

const VARIABLES: Readonly<Record<string, Value>> = {
  n: 7n,
  big: 2n ** 63n - 1n,
  d: 2.5,
  t: "text",
  yes: true,
  nothing: null,
  list: [1n, "a", 2.5],
};

const slow = (value: Value): Slow => {
  const type = typeName(value);
  return { type, value: isList(value) ? value.map(slow) : value } as Slow;
};

const BINARY: readonly BinaryOperator[] = [
  "or",
  "and",
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
  "in",
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
];

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .oneof(fc.bigInt({ min: 0n, max: 50n }), fc.constantFrom<Value>(0n, 0.5, 3.0, "", "a", "1", true, false, null))
      .map((value): Expression => ({ kind: "literal", value, offset: 0 })),
    fc.constantFrom(...Object.keys(VARIABLES)).map((name): Expression => ({ kind: "variable", name, offset: 0 })),
    fc
      .tuple(fc.constantFrom("-" as const, "+" as const, "not" as const), tie("expression"))
      .map(([operator, operand]): Expression => ({ kind: "unary", operator, operand, offset: 0 })),
    fc
      .tuple(fc.constantFrom(...BINARY), tie("expression"), tie("expression"))
      .map(([operator, left, right]): Expression => ({ kind: "binary", operator, left, right, offset: 0 })),
    fc.array(tie("expression"), { maxLength: 3 }).map((items): Expression => ({ kind: "list", items, offset: 0 })),
  ),
}));

/** The value with the types of its parts, or the tag of the error. */
const attempt = (run: () => Slow): unknown => {
  try {
    return run();
  } catch (error) {
    if (error instanceof SlowError) return error.message;
    if (error instanceof WorkflowError && isMap(error.value)) return (error.value.get("tags") as readonly string[])[0];
    throw error;
  }
};

describe("a random expression of every type and operator", () => {
  const slowVariables = Object.fromEntries(Object.entries(VARIABLES).map(([name, value]) => [name, slow(value)]));

  it("gives what Google's tables give, worked out by an evaluator that shares nothing with this one", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(expression, (made) => {
        // Through its text, so that the parser takes part.
        const text = printExpression(made);
        const node = parseExpression(text);
        const scope = { lookup: (name: string) => VARIABLES[name], call: () => null };
        const ours = attempt(() => slow(evaluate(node, scope)));
        const theirs = attempt(() => slowly(made, slowVariables));
        kinds.add(typeof theirs === "string" ? theirs : (theirs as Slow).type);
        expect({ text, is: ours }).toEqual({ text, is: theirs });
      }),
      { numRuns: 3_000 },
    );
    // The cases are no accident of one kind.
    for (const kind of ["integer", "double", "string", "boolean", "list", "TypeError", "ZeroDivisionError"])
      expect([...kinds]).toContain(kind);
  });
});
