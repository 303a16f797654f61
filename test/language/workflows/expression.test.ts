import * as fc from "fast-check";
import { evaluate } from "../../../language/workflows/evaluate";
import { WorkflowError } from "../../../language/workflows/error";
import type { BinaryOperator, Expression } from "../../../language/workflows/expression";
import { parseExpression } from "../../../language/workflows/parse-expression";
import { printExpression } from "../../../language/workflows/print-expression";
import { equal, isMap, MAX_INTEGER, MIN_INTEGER, sizeOf, type Value } from "../../../language/workflows/value";

const literal = (value: Value): Expression => ({ kind: "literal", value, offset: 0 });

/** Offsets are places in a text; what an expression means is the rest. */
const meaning = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(meaning);
  if (node === null || typeof node !== "object") return typeof node === "bigint" ? `${node}n` : node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== "offset")
      .map(([key, value]) => [key, meaning(value)]),
  );
};

const NAMES = ["a", "b", "order", "_x1"];
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
      .oneof(
        fc.bigInt({ min: 0n, max: MAX_INTEGER }),
        fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
        fc.string({ unit: "grapheme" }),
        fc.constantFrom<Value>(true, false, null),
      )
      .map(literal),
    fc.constantFrom(...NAMES).map((name): Expression => ({ kind: "variable", name, offset: 0 })),
    fc.record({
      kind: fc.constant("member" as const),
      of: tie("expression"),
      name: fc.constantFrom(...NAMES),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("index" as const),
      of: tie("expression"),
      key: tie("expression"),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("call" as const),
      name: fc.constantFrom("len", "text.split"),
      args: fc.array(tie("expression"), { maxLength: 3 }),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("unary" as const),
      operator: fc.constantFrom("-" as const, "+" as const, "not" as const),
      operand: tie("expression"),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("binary" as const),
      operator: fc.constantFrom(...BINARY),
      left: tie("expression"),
      right: tie("expression"),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("list" as const),
      items: fc.array(tie("expression"), { maxLength: 3 }),
      offset: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant("map" as const),
      entries: fc.array(fc.tuple(fc.string(), tie("expression")), { maxLength: 2 }),
      offset: fc.constant(0),
    }),
  ),
}));

/** The value of an expression without functions, or the tag of its error. */
const run = (text: string, variables: Readonly<Record<string, Value>> = {}): Value => {
  try {
    return evaluate(parseExpression(text), {
      lookup: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
      call: () => null,
    });
  } catch (error) {
    if (error instanceof WorkflowError && isMap(error.value)) return error.value.get("tags")!;
    throw error;
  }
};

describe("an expression", () => {
  it("reads back from its text as it was", () => {
    fc.assert(
      fc.property(expression, (node) => {
        expect(meaning(parseExpression(printExpression(node)))).toEqual(meaning(node));
      }),
      { numRuns: 500 },
    );
  });

  it("is parsed or refused with a place, whatever its text", () => {
    const part = fc.constantFrom(
      ...'a 1 1.5 ( ) [ ] { } . , : + - * / // % not and or in == != < <= "s" \'s\' "'.split(" "),
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            parseExpression(text);
          } catch (error) {
            expect((error as { offset?: unknown }).offset).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused where it is nested beyond what a stack holds", () => {
    expect(() => parseExpression("(".repeat(100_000))).toThrow("nested too deeply");
    expect(() => parseExpression(`${"-".repeat(100_000)}1`)).toThrow("nested too deeply");
    expect(() => parseExpression(`a${".b".repeat(100_000)}`)).toThrow("nested too deeply");
  });

  it.each([
    ["not a == b", "(not a) == b"],
    ['not("x" in m) and true', '(not ("x" in m)) and true'],
    ["-a * b", "(-a) * b"],
    ["a - b - c", "(a - b) - c"],
    ["a or b and c", "a or (b and c)"],
    ["a < b == c", "(a < b) == c"],
    ["-a.b[0]", "-(a.b[0])"],
    ["a AND NOT b OR c", "((a and (not b)) or c)"],
  ])("%s groups as %s", (text, grouped) => {
    expect(meaning(parseExpression(text))).toEqual(meaning(parseExpression(grouped)));
  });

  it.each([
    ["1 +", 3],
    ["a And b", 2],
    ['"abc', 0],
    ['"a\\q"', 2],
    ["9223372036854775808", 0],
    ["1a", 0],
    ["(1)(2)", 3],
    ["{1: 2}", 1],
    ["a ~ b", 2],
    ["", 0],
  ])("%s is refused at character %i", (text, offset) => {
    expect(() => parseExpression(text)).toThrow(expect.objectContaining({ offset }) as Error);
  });
});

describe("operators", () => {
  const SAMPLE = { integer: 2n, double: 1.5, string: "a", boolean: true } as const;
  const ERROR = ["TypeError"];
  it.each([
    ["integer", [4n, 3.5, "2a", ERROR]],
    ["double", [3.5, 3, "1.5a", ERROR]],
    ["string", ["a2", "a1.5", "aa", "atrue"]],
    ["boolean", [ERROR, ERROR, "truea", ERROR]],
  ] as const)("add to a %s what Google's table of conversions says", (left, results) => {
    const types = ["integer", "double", "string", "boolean"] as const;
    expect(types.map((right) => run("l + r", { l: SAMPLE[left], r: SAMPLE[right] }))).toEqual(results);
  });

  it.each<[string, Value]>([
    ["7 / 2", 3.5],
    ["7 // 2", 3n],
    ["7 % 2", 1n],
    ["-7 // 2", -4n],
    ["-7 % 2", 1n],
    ["7.5 // 2", 3],
    ["27 * 9/5 + 32", 80.6],
    ["9223372036854775807 + 0", 9_223_372_036_854_775_807n],
    ["9223372036854775807 + 1", ["ValueError"]],
    ["1 / 0", ["ZeroDivisionError"]],
    ["1 % 0", ["ZeroDivisionError"]],
    ["1 // 0.0", ["ZeroDivisionError"]],
    ["1 == 1.0", true],
    ['1 == "1"', false],
    ["null == null", true],
    ["[1, [2]] == [1.0, [2]]", true],
    ['"b" in {"a": 1}', false],
    ['"a" in {"a": 1}', true],
    ["2 in [1, 2]", true],
    ["1 in 2", ["TypeError"]],
    ["not 1", ["TypeError"]],
    ["true and 1", ["TypeError"]],
    ["false and x", false],
    ["1 < true", ["TypeError"]],
    ['{"a": 1}.b', ["KeyError"]],
    ["[1][1]", ["IndexError"]],
    ["[1][-1]", ["IndexError"]],
    ["null.a", ["TypeError"]],
    ["x", ["KeyError"]],
    ["'single' + \"\\u0041\\n\"", "singleA\n"],
  ])("%s is %p", (text, result) => {
    expect(run(text)).toEqual(result);
  });

  it("never leave 64 bits", () => {
    const integer = fc.bigInt({ min: MIN_INTEGER, max: MAX_INTEGER });
    fc.assert(
      fc.property(integer, integer, fc.constantFrom("+", "-", "*", "//", "%"), (l, r, operator) => {
        const result = run(`l ${operator} r`, { l, r });
        if (typeof result === "bigint") expect(BigInt.asIntN(64, result)).toBe(result);
        else
          expect(result).toEqual([
            r === 0n && operator !== "+" && operator !== "-" && operator !== "*" ? "ZeroDivisionError" : "ValueError",
          ]);
      }),
    );
  });

  it("divide so that quotient and remainder give the dividend back", () => {
    const integer = fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n });
    fc.assert(
      fc.property(
        integer,
        integer.filter((r) => r !== 0n),
        (l, r) => {
          expect(run("(l // r) * r + l % r == l", { l, r })).toBe(true);
        },
      ),
    );
  });
});

describe("values", () => {
  it("count the bytes that Google's page counts", () => {
    expect(sizeOf("twenty-eight characters long")).toBe(36);
    expect(sizeOf([1n, 2.5, true])).toBe(32);
    expect(sizeOf("€")).toBe(11);
  });

  it("are equal to themselves", () => {
    expect(equal(new Uint8Array([1]), new Uint8Array([1]))).toBe(true);
    expect(equal(new Map([["a", null]]), new Map([["b", null]]))).toBe(false);
    expect(equal([1n], [1n, 2n])).toBe(false);
  });
});
