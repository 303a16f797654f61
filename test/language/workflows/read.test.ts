import * as fc from "fast-check";
import { checkSource } from "../../../language/workflows/check";
import { inferredIn } from "../../../language/workflows/inferred";
import { parseJson, printJson } from "../../../language/workflows/json";
import { printWorkflowJson, printWorkflowYaml } from "../../../language/workflows/print";
import { readWorkflow } from "../../../language/workflows/read";
import type { Value } from "../../../language/workflows/value";

/** Every kind of step in every form. */
const EVERYTHING = `
main:
  params: [input]
  steps:
    - init:
        assign:
          - total: 0
          - ratio: 2.0
          - data: {list: [1, "two", null, 3.5], '\${"dyn" + "amic"}': yes, nested: {text: "true"}}
          - data.nested["new key"]: \${not (total == 1) and -ratio < 2}
          - data.list[total]: \${input}
    - positional:
        call: helper
        args: [1, "\${total}"]
        result: data.helped
    - attempt:
        try:
          steps:
            - fetch:
                call: http.get
                args: {url: https://example.com/a, timeout: 5, headers: {X-A: b}}
                result: answer
        retry:
          predicate: \${transient}
          max_retries: \${2 + 1}
          backoff: {initial_delay: 0.5, max_delay: 60, multiplier: 2}
        except:
          as: e
          steps:
            - known:
                switch:
                  - condition: \${"HttpError" in e.tags}
                    next: loop
                  - condition: true
                    raise: \${e}
    - once:
        try: {call: sys.sleep, args: {seconds: 1}}
        retry: \${http.default_retry}
    - loop:
        for:
          value: v
          index: i
          in: \${data.list}
          steps:
            - skip: {switch: [{condition: '\${i == 1}', next: continue}], next: break}
    - fan:
        parallel:
          shared: [total]
          concurrency_limit: 2
          branches:
            - left: {steps: [add: {assign: [total: '\${total + 1}']}]}
            - right: {steps: [log: {call: sys.log, args: {text: right}}]}
    - each:
        parallel:
          for: {value: w, range: [1, 3], steps: [group: {steps: [note: {assign: [x: '\${w}']}]}]}
    - done: {return: '\${data}'}
helper:
  params: [a, {b: 5}]
  steps:
    - out: {return: '\${a + b}'}
transient:
  params: [e]
  steps:
    - never: {return: false}
`;

/** The data of a definition with its expressions in one spelling, in which two texts of one meaning agree. */
const meaning = (text: string) => {
  const { workflow, faults } = readWorkflow(text);
  expect(faults).toEqual([]);
  return printWorkflowJson(workflow!);
};

describe("a definition", () => {
  it("of every kind of step is read and checked without a fault", () => {
    expect(checkSource(EVERYTHING).faults.map(({ code }) => code)).toEqual([]);
  });

  it("keeps its meaning when it is printed as YAML and as JSON", () => {
    const { workflow } = readWorkflow(EVERYTHING);
    const once = printWorkflowJson(workflow!);
    expect(meaning(printWorkflowYaml(workflow!))).toBe(once);
    expect(meaning(printWorkflowJson(workflow!, 2))).toBe(once);
    expect(once).toContain('"ratio":2.0');
    expect(once).toContain('{"data.nested[\\"new key\\"]":"${not (total == 1) and -ratio < 2}"}');
    expect(once).toContain('"range":[1,3]');
    expect(once).toContain('{"b":5}');
  });

  it("may be a bare list of steps", () => {
    expect(meaning("- a: {return: 1}")).toBe('{"main":{"steps":[{"a":{"return":1}}]}}');
  });

  it("tells integers, doubles and texts apart", () => {
    expect(meaning('- a: {return: [1, 1.0, "1", 9223372036854775807, True, null, 1e3]}')).toContain(
      '[1,1.0,"1",9223372036854775807,true,null,1000.0]',
    );
  });

  it("lists every fault with its place", () => {
    const { faults } = readWorkflow(
      "main:\n  steps:\n    - a:\n        asign: []\n    - b:\n        return: ${1 +}\n    - c\n",
    );
    expect(faults.map(({ code, at, path }) => [code, at.line, path])).toEqual([
      ["MR6008", 4, "main/a"],
      ["MR6010", 3, "main/a"],
      ["MR6030", 6, "main/b"],
      ["MR6005", 7, "main"],
    ]);
  });

  it("resolves the aliases of YAML, and refuses those without an end", () => {
    expect(meaning("- a: {assign: [{x: &d {k: 1}}, {y: *d}], next: end}")).toContain('[{"x":{"k":1}},{"y":{"k":1}}]');
    const laughs = ["- &a0 [x]", ...Array.from({ length: 11 }, (_, i) => `- &a${i + 1} [${`*a${i}, `.repeat(9)}]`)];
    expect(readWorkflow(laughs.join("\n")).faults.map(({ code }) => code)).toEqual(["MR6018"]);
  });

  it("never ends the process, whatever its text", () => {
    const lines = EVERYTHING.split("\n");
    const cut = fc.tuple(fc.nat(lines.length), fc.nat(40), fc.string({ maxLength: 4 })).map(([line, column, text]) => {
      const copy = [...lines];
      copy[line] = `${copy[line]?.slice(0, column)}${text}${copy[line]?.slice(column + 1)}`;
      return copy.join("\n");
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), cut), (text) => {
        const { faults, workflow } = checkSource(text);
        expect(faults.length > 0 || workflow !== undefined).toBe(true);
        for (const { at } of faults) expect(Math.min(at.line, at.column)).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it("is refused where it is nested beyond what a stack holds", () => {
    for (const text of ["- ".repeat(40_000), "[".repeat(60_000), '{"a":'.repeat(20_000)])
      expect(readWorkflow(text).faults.length).toBeGreaterThan(0);
  });

  it("says how to write an expression that YAML takes for a map", () => {
    const { faults } = readWorkflow('- a:\n    call: sys.log\n    args:\n      text: ${"Error: " + e.message}\n');
    expect(faults[0]).toMatchObject({ code: "MR6001", at: { line: 4 }, fix: expect.stringContaining("single quotes") });
  });

  it("says which inferred behaviour it relies on, and where", () => {
    const { workflow } = readWorkflow(
      '- a: {assign: [{x: "${7 % 2}"}, {y: "${x == null}"}]}\n- b: {return: "${keys({})}"}\n- c: {next: end}',
    );
    expect(inferredIn(workflow!).map(({ name, at, path }) => [name, at.line, path])).toEqual([
      ["remainder", 1, "main/a"],
      ["key order", 2, "main/b"],
      ["lone jump", 3, "main/c"],
    ]);
  });
});

describe("JSON", () => {
  const { json } = fc.letrec<{ json: Value }>((tie) => ({
    json: fc.oneof(
      { depthSize: "small" },
      fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string(),
        fc.constantFrom<Value>(true, false, null),
      ),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.array(fc.tuple(fc.string(), tie("json")), { maxLength: 4 }).map((entries): Value => new Map(entries)),
    ),
  }));

  it("gives back what it was made of, types included", () => {
    fc.assert(fc.property(json, (value) => expect(parseJson(printJson(value))).toEqual(value)));
    fc.assert(
      fc.property(json, (value) => expect(parseJson(printJson(value, { prefix: " ", indent: "\t" }))).toEqual(value)),
    );
  });

  it("is what JavaScript reads", () => {
    fc.assert(
      fc.property(fc.json(), (text) => expect(JSON.parse(printJson(parseJson(text)))).toEqual(JSON.parse(text))),
    );
  });

  it.each(["", "{", "[1,]", '{"a" 1}', "nul", "01", "1.", '"\\x"', "1 2", "'a'", "[".repeat(1_000)])(
    "refuses %p",
    (text) => {
      expect(() => parseJson(text)).toThrow("at character");
    },
  );
});
