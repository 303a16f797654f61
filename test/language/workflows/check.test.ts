import { checkSource } from "../../../language/workflows/check";

/** A definition whose main has the steps given. */
const main = (...lines: readonly string[]) => `main:\n  steps:\n${lines.map((line) => `    ${line}`).join("\n")}\n`;
const faultsOf = (text: string) =>
  checkSource(text).faults.map(({ code, severity, at, path }) =>
    `${code} ${severity} ${at.line}:${at.column} ${path}`.trim(),
  );

const step = (name: string, body: string) => `- ${name}: ${body}`;
const many = (count: number, text: string) => Array.from({ length: count }, () => text).join(", ");

/** Each rule broken once; the only faults are those listed. */
const BROKEN: readonly (readonly [rule: string, text: string, faults: readonly string[]])[] = [
  ["malformed YAML", 'main:\n  steps:\n    - a: {return: "x}\n', ["MR6001 error 4:1"]],
  ["a key twice", "main: {steps: [a: {return: 1}]}\nmain: {steps: [a: {return: 1}]}\n", ["MR6001 error 2:1"]],
  ["too long a source", main(step("a", "{return: 1}"), `# ${"x".repeat(131_072)}`), ["MR6002 error 1:1"]],
  ["a scalar for a definition", "hello", ["MR6003 error 1:1"]],
  ["no main", "other: {steps: [a: {return: 1}]}", ["MR6003 error 1:1"]],
  ["a routine without steps", "main: 5", ["MR6004 error 1:7 main"]],
  ["a malformed parameter", "main: {params: [5], steps: [a: {return: 1}]}", ["MR6004 error 1:17 main"]],
  ["a step of two keys", main("- {a: {return: 1}, b: {return: 2}}"), ["MR6005 error 3:7 main"]],
  [
    "two steps of one name",
    main(step("a", "{assign: [x: 1]}"), step("b", "{steps: [a: {return: 1}]}")),
    ["MR6006 error 4:19 main/a"],
  ],
  ["a block without steps", main(step("a", "{steps: []}")), ["MR6007 error 3:18 main/a"]],
  ["an unknown key", main(step("a", "{return: 1, retrun: 2}")), ["MR6008 error 3:22 main/a"]],
  ["result without call", main(step("a", "{return: 1, result: x}")), ["MR6009 error 3:22 main/a"]],
  ["two actions", main(step("a", "{assign: [x: 1], return: 1}")), ["MR6010 error 3:27 main/a"]],
  ["no action", main(step("a", "{}")), ["MR6010 error 3:7 main/a"]],
  ["an assign that is no list", main(step("a", "{assign: 5}")), ["MR6011 error 3:19 main/a"]],
  ["an assignment to a number", main(step("a", "{assign: [5: 1]}")), ["MR6011 error 3:20 main/a"]],
  ["51 assignments", main(step("a", `{assign: [${many(51, "x: 1")}]}`)), ["MR6012 error 3:11 main/a"]],
  [
    "51 conditions",
    main(step("a", `{switch: [${many(51, "{condition: true, next: end}")}]}`)),
    ["MR6012 error 3:11 main/a"],
  ],
  [
    "in beside range",
    main(step("a", "{for: {value: v, in: [1], range: [1, 2], steps: [b: {assign: [x: 1]}]}}")),
    ["MR6013 error 3:11 main/a"],
  ],
  [
    "a range of two expressions",
    main(step("a", "{for: {value: v, range: ['${1}', 2], steps: [b: {assign: [x: 1]}]}}")),
    ["MR6013 error 3:34 main/a"],
  ],
  ["neither branches nor for", main(step("a", "{parallel: {shared: []}}")), ["MR6014 error 3:11 main/a"]],
  [
    "another exception policy",
    main(
      step("a", "{parallel: {exception_policy: unhandled, for: {value: v, in: [1], steps: [b: {assign: [x: 1]}]}}}"),
    ),
    ["MR6015 error 3:40 main/a"],
  ],
  [
    "a sub-workflow called http",
    `${main(step("a", "{return: 1}"))}http: {steps: [a: {return: 1}]}\n`,
    ["MR6016 error 4:1 http"],
  ],
  ["two parameters of main", "main: {params: [a, b], steps: [s: {return: 1}]}", ["MR6017 error 1:16 main"]],
  ["data too deep", `main: ${"[".repeat(300)}${"]".repeat(300)}`, ["MR6018 error 1:207"]],
  ["a jump to nowhere", main(step("a", "{next: b}")), ["MR6020 error 3:17 main/a"]],
  [
    "a jump out of a loop",
    main(step("a", "{for: {value: v, in: [1], steps: [b: {next: c}]}}"), step("c", "{return: 1}")),
    ["MR6021 error 3:54 main/b"],
  ],
  ["a break outside of a for", main(step("a", "{next: break}")), ["MR6022 error 3:17 main/a"]],
  [
    "a policy as predicate",
    main(step("a", "{try: {call: sys.sleep, args: {seconds: 1}}, retry: {predicate: '${http.default_retry}'}}")),
    ["MR6023 error 3:74 main/a"],
  ],
  [
    "a predicate as policy",
    main(step("a", "{try: {call: sys.sleep, args: {seconds: 1}}, retry: '${retry.always}'}")),
    ["MR6023 error 3:62 main/a"],
  ],
  [
    "a negative number of retries",
    main(step("a", "{try: {call: sys.sleep, args: {seconds: 1}}, retry: {max_retries: -1}}")),
    ["MR6024 error 3:76 main/a"],
  ],
  [
    "a step that nothing leads to",
    main(step("a", "{return: 1}"), step("b", "{return: 2}")),
    ["MR6025 warning 4:7 main/b"],
  ],
  ["a way without an end", main(step("a", "{assign: [x: 1], next: a}")), ["MR6026 warning 3:7 main/a"]],
  [
    "a return in a parallel loop",
    main(step("a", "{parallel: {for: {value: v, in: [1], steps: [b: {return: 1}]}}}")),
    ["MR6027 warning 3:67 main/b"],
  ],
  [
    "a break in a parallel loop",
    main(step("a", "{parallel: {for: {value: v, in: [1], steps: [b: {next: break}]}}}")),
    ["MR6027 warning 3:65 main/b"],
  ],
  ["half an expression", main(step("a", '{return: "${1 +}"}')), ["MR6030 error 3:25 main/a"]],
  ["401 characters", main(step("a", `{return: '\${"${"x".repeat(399)}"}'}`)), ["MR6031 error 3:22 main/a"]],
  [
    "a blocking call in an expression",
    main(step("a", `{return: '\${http.get("https://example.com")}'}`)),
    ["MR6032 error 3:22 main/a"],
  ],
  [
    "a connector in an expression",
    main(step("a", "{return: '${googleapis.pubsub.v1.x.get()}'}")),
    ["MR6032 error 3:22 main/a"],
  ],
  ["a function that was made up", main(step("a", "{return: '${type(1)}'}")), ["MR6033 error 3:22 main/a"]],
  ["a call of nothing", main(step("a", "{call: nothing.there}")), ["MR6033 error 3:11 main/a"]],
  ["too many arguments", main(step("a", "{return: '${len([1], 2)}'}")), ["MR6034 error 3:22 main/a"]],
  [
    "an unknown argument",
    main(step("a", "{call: sys.sleep, args: {second: 1}}")),
    ["MR6034 error 3:11 main/a", "MR6034 error 3:43 main/a"],
  ],
  ["text around an expression", main(step("a", "{return: 'hi ${1}'}")), ["MR6035 warning 3:19 main/a"]],
  [
    "not before a comparison",
    main(step("a", "{assign: [x: true]}"), step("b", "{return: '${not x == false}'}")),
    ["MR6036 warning 4:22 main/b"],
  ],
  [
    "a condition that is a number",
    main(step("a", "{switch: [{condition: '${1 + 1}', next: end}]}")),
    ["MR6037 error 3:35 main/a"],
  ],
  ["a number plus a boolean", main(step("a", "{return: '${1 + true}'}")), ["MR6038 error 3:22 main/a"]],
  ["a variable that nothing sets", main(step("a", "{return: '${x}'}")), ["MR6040 error 3:22 main/a"]],
  [
    "a variable read before it is set",
    main(step("a", "{assign: [y: '${x}']}"), step("b", "{assign: [x: 1]}")),
    ["MR6040 error 3:26 main/a"],
  ],
  [
    "a loop's variable read after it",
    main(step("a", "{for: {value: v, in: [1], steps: [b: {assign: [x: 1]}]}}"), step("c", "{return: '${x}'}")),
    ["MR6041 error 4:22 main/c"],
  ],
  [
    "an unshared variable written in parallel",
    main(
      step("i", "{assign: [x: 1]}"),
      step("a", "{parallel: {for: {value: v, in: [1], steps: [b: {assign: [x: 2]}]}}}"),
    ),
    ["MR6042 error 4:68 main/b"],
  ],
  [
    "a shared variable that nothing sets",
    main(
      step("a", "{parallel: {shared: [x], for: {value: v, in: [1], steps: [b: {call: sys.log, args: {text: a}}]}}}"),
    ),
    ["MR6043 error 3:11 main/a"],
  ],
  [
    "a variable set on one way only",
    main(step("a", "{switch: [{condition: '${sys.now() > 1}', assign: [x: 1]}]}"), step("b", "{return: '${x}'}")),
    ["MR6044 warning 4:22 main/b"],
  ],
  [
    "a loop variable assigned to",
    main(step("a", "{for: {value: v, in: [1], steps: [b: {assign: [v: 2]}]}}")),
    ["MR6045 warning 3:57 main/b"],
  ],
  [
    "a request of an hour",
    main(step("a", "{call: http.get, args: {url: 'https://example.com', timeout: 3600}}")),
    ["MR6051 error 3:71 main/a"],
  ],
  [
    "a Cloud Run service without a token",
    main(step("a", "{call: http.get, args: {url: 'https://a-xyz.run.app/b'}}")),
    ["MR6052 warning 3:39 main/a"],
  ],
  [
    "a log entry of two kinds",
    main(step("a", "{call: sys.log, args: {text: a, json: {}}}")),
    ["MR6053 error 3:11 main/a"],
  ],
  [
    "a deprecated function",
    main(step("a", "{call: experimental.executions.run, args: {workflow_id: w}}")),
    ["MR6054 warning 3:11 main/a"],
  ],
  [
    "an unknown severity",
    main(step("a", "{call: sys.log, args: {text: a, severity: LOUD}}")),
    ["MR6055 error 3:52 main/a"],
  ],
  [
    "three parallel steps in each other",
    main(
      step(
        "a",
        "{parallel: {for: {value: u, in: [1], steps: [b: {parallel: {for: {value: v, in: [1], steps: [c: {parallel: {for: {value: w, in: [1], steps: [d: {assign: [x: 1]}]}}}]}}}]}}}",
      ),
    ),
    ["MR6061 error 3:107 main/c"],
  ],
  [
    "a concurrency limit of none",
    main(step("a", "{parallel: {concurrency_limit: 0, for: {value: v, in: [1], steps: [b: {assign: [x: 1]}]}}}")),
    ["MR6062 error 3:41 main/a"],
  ],
];

describe("the checker of workflows", () => {
  it.each(BROKEN)("reports %s", (_, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  it("reports several faults at once", () => {
    const text = main(step("a", "{assign: [x: '${y}']}"), step("b", "{call: nope}"), step("c", "{next: nowhere}"));
    expect(faultsOf(text)).toEqual([
      "MR6040 error 3:26 main/a",
      "MR6033 error 4:11 main/b",
      "MR6020 error 5:17 main/c",
    ]);
  });

  it("names what was meant", () => {
    const { faults } = checkSource(
      main(step("a", "{assign: [total: '${lenn([])}']}"), step("b", "{return: '${totl}'}")),
    );
    expect(faults.map(({ fix }) => fix)).toEqual([
      "write len, if that is meant",
      'write "total", if that is meant, or assign it first',
    ]);
  });

  it.each([
    [
      "a variable that every way sets",
      [
        step("a", "{switch: [{condition: '${sys.now() > 1}', assign: [x: 1]}, {condition: true, assign: [x: 2]}]}"),
        step("b", "{return: '${x}'}"),
      ],
    ],
    [
      "a variable set before what may fail",
      [
        step(
          "a",
          "{try: {steps: [b: {assign: [x: 1]}, c: {call: sys.sleep, args: {seconds: 1}}]}, except: {as: e, steps: [d: {return: '${x}'}]}}",
        ),
      ],
    ],
    [
      "a shared variable written in parallel",
      [
        step("i", "{assign: [x: 1]}"),
        step("a", "{parallel: {shared: [x], for: {value: v, in: [1], steps: [b: {assign: [x: '${x + v}']}]}}}"),
        step("c", "{return: '${x}'}"),
      ],
    ],
    [
      "a branch's own variable of a name used later",
      [
        step("a", "{parallel: {for: {value: v, in: [1], steps: [b: {assign: [x: 1]}]}}}"),
        step("c", "{assign: [x: 1]}"),
        step("d", "{return: '${x}'}"),
      ],
    ],
    [
      "a loop by jump with a way out",
      [
        step("i", "{assign: [n: 0]}"),
        step("a", "{assign: [n: '${n + 1}']}"),
        step("b", "{switch: [{condition: '${n < 3}', next: a}]}"),
        step("c", "{return: '${n}'}"),
      ],
    ],
    [
      "break and continue",
      [
        step(
          "a",
          "{for: {value: v, range: [1, 9], steps: [b: {switch: [{condition: '${v == 2}', next: continue}, {condition: '${v > 5}', next: break}]}]}}",
        ),
      ],
    ],
    [
      "a retry that decides by a library's predicate",
      [
        step(
          "a",
          "{try: {call: sys.sleep, args: {seconds: 1}}, retry: {predicate: '${http.default_retry_predicate}', max_retries: 3, backoff: {initial_delay: 0.5, max_delay: 60, multiplier: 2}}}",
        ),
      ],
    ],
  ])("accepts %s", (_, steps) => {
    expect(faultsOf(main(...steps))).toEqual([]);
  });
});
