import { WorkflowError } from "../../../language/workflows/error";
import { checkSource } from "../../../language/workflows/check";
import { realClock } from "../../../local/engine/clock";
import { seededRandom } from "../../../local/engine/random";
import { startExecution } from "../../../local/engine/workflows/execution";
import { plain, result, run } from "./run";

const failing = (error: unknown) => () => {
  throw error;
};
const httpError = (code: bigint) =>
  new WorkflowError(
    new Map<string, never>([
      ["code", code as never],
      ["tags", ["HttpError"] as never],
    ]),
  );

describe("an execution", () => {
  it("sleeps a week of its own time in no time of ours", async () => {
    const { seconds, outcome } = await run(
      "- a: {call: sys.sleep, args: {seconds: 604800}}\n- b: {return: '${sys.now()}'}",
    );
    expect(seconds).toBe(604_800);
    expect(outcome).toMatchObject({ state: "SUCCEEDED", result: 1_700_604_800.5, steps: 2 });
  });

  it("sleeps until a time, and not at all when it has passed", async () => {
    const text = (time: string) => `- a: {call: sys.sleep_until, args: {time: "${time}"}}`;
    expect((await run(text("2023-11-14T22:14:20.5Z"))).seconds).toBe(60);
    expect((await run(text("2000-01-01T00:00:00Z"))).seconds).toBe(0);
  });

  it("copies what it assigns", async () => {
    const text = `
- a: {assign: [{x: {list: [1, 2]}}, {y: '\${x}'}, {'y.list[0]': 9}, {y.more.deep: 1}]}
- b: {return: ['\${x}', '\${y}']}`;
    expect(await result(text)).toEqual([{ list: [1, 2] }, { list: [9, 2], more: { deep: 1 } }]);
  });

  it("takes keys from expressions", async () => {
    expect(await result(`- a: {assign: [{k: b}]}\n- b: {return: {'\${"a" + k}': 1}}`)).toEqual({ ab: 1 });
  });

  it("gives main its argument, and null when there is none", async () => {
    const text = "main: {params: [input], steps: [a: {return: '${input}'}]}";
    expect(await result(text, { argument: ["x"] })).toEqual(["x"]);
    expect(await result(text)).toBeNull();
  });

  it("sums a range, both ends included", async () => {
    const text = `
- i: {assign: [{sum: 0}]}
- l: {for: {value: v, range: [1, 9], steps: [s: {assign: [{sum: '\${sum + v}'}]}]}}
- r: {return: '\${sum}'}`;
    expect(await result(text)).toBe(45);
  });

  it("breaks, continues and counts in a for", async () => {
    const text = `
- i: {assign: [{out: []}]}
- l:
    for:
      value: v
      index: n
      in: [a, b, c, d]
      steps:
        - skip: {switch: [{condition: '\${v == "b"}', next: continue}, {condition: '\${n == 3}', next: break}]}
        - add: {assign: [{out: '\${list.concat(out, v + n)}'}]}
- r: {return: '\${out}'}`;
    expect(await result(text)).toEqual(["a0", "c2"]);
  });

  it("jumps back, forward, and into a block", async () => {
    const text = `
- i: {assign: [{n: 0}, {seen: []}]}
- again: {assign: [{n: '\${n + 1}'}]}
- more: {switch: [{condition: '\${n < 3}', next: again}], next: inner}
- never: {assign: [{seen: [wrong]}]}
- group:
    steps:
      - skipped: {assign: [{seen: '\${list.concat(seen, "skipped")}'}]}
      - inner: {assign: [{seen: '\${list.concat(seen, "inner")}'}]}
- r: {return: ['\${n}', '\${seen}']}`;
    expect(await result(text)).toEqual([3, ["inner"]]);
  });

  it("calls sub-workflows with defaults, by name, by place and in expressions", async () => {
    const text = `
main:
  steps:
    - a: {call: name, args: {first: Ada, last: L}, result: x}
    - b: {call: name, args: [Alan, T], result: y}
    - c: {return: ['\${x}', '\${y}', '\${name("a", "b", "c") + "!"}', '\${false and quiet()}', '\${quiet()}']}
name:
  params: [first, last, {country: England}]
  steps: [r: {return: '\${first + " " + last + " of " + country}'}]
quiet:
  steps: [n: {assign: [{z: 1}]}]`;
    expect(await result(text)).toEqual(["Ada L of England", "Alan T of England", "a b of c!", false, null]);
  });

  it("stops calls at a depth of 20 and steps at 100,000", async () => {
    const deep =
      "main: {steps: [a: {try: {call: f, args: [1]}, except: {as: e, steps: [r: {return: '${e.tags[0]}'}]}}]}\nf: {params: [n], steps: [a: {return: '${f(n + 1)}'}]}";
    expect(await result(deep)).toBe("RecursionError");
    const { outcome } = await run(
      "- a: {try: {steps: [b: {assign: [{x: 1}], next: b}]}, except: {steps: [c: {return: 1}]}}",
    );
    expect(outcome).toMatchObject({ state: "FAILED", steps: 100_001 });
  });

  it("holds variables to 512 KB and strings to 256 KB", async () => {
    const grow = (limit: number) => `
- i: {assign: [{x: "0123456789abcdef"}, {l: []}]}
- g:
    try:
      steps:
        - d: {assign: [{x: '\${x + x}'}]}
        - k: {switch: [{condition: '\${len(x) < ${limit}}', next: d}]}
        - c: {assign: [{l: '\${list.concat(l, x)}'}], next: c}
    except: {as: e, steps: [r: {return: ['\${e.tags[0]}', '\${len(x)}', '\${len(l)}']}]}`;
    expect(await result(grow(1_000_000))).toEqual(["ResourceLimitError", 262_144, 0]);
    expect(await result(grow(65_536))).toEqual(["ResourceLimitError", 65_536, 6]);
  });

  it("gives back the memory of loops, calls and handlers that ended in an error", async () => {
    const text = `
main:
  steps:
    - big: {assign: [{x: 0123456789abcdef}, {n: 0}]}
    - grow: {assign: [{x: '\${x + x}'}]}
    - more: {switch: [{condition: '\${len(x) < 65536}', next: grow}]}
    - again: {assign: [{n: '\${n + 1}'}]}
    - t:
        try: {steps: [l: {for: {value: v, in: ['\${x}'], steps: [c: {call: f, args: ['\${v}']}]}}]}
        except: {as: e, steps: [k: {assign: [{y: '\${x}'}]}]}
    - loop: {switch: [{condition: '\${n < 20}', next: again}]}
    - r: {return: '\${n}'}
f: {params: [a], steps: [r: {raise: no}]}`;
    expect(await result(text)).toBe(20);
  });

  it("raises an error where a function's result would not fit this machine", async () => {
    const text = `
- i: {assign: [{x: aaaaaaaaaaaaaaaa}]}
- grow: {assign: [{x: '\${x + x}'}]}
- more: {switch: [{condition: '\${len(x) < 65536}', next: grow}]}
- t: {try: {steps: [b: {assign: [{y: '\${text.replace_all(x, "a", x)}'}]}]}, except: {as: e, steps: [r: {return: '\${e.tags[0]}'}]}}`;
    expect(await result(text)).toBe("ResourceLimitError");
  });

  it("fails with the payload, the text and the stack of what was raised", async () => {
    const { outcome } = await run(
      "main:\n  steps:\n    - a: {call: f}\nf:\n  steps:\n    - b: {raise: {code: 7, message: broken}}\n",
    );
    expect(outcome.state).toBe("FAILED");
    if (outcome.state !== "FAILED") return;
    expect(plain(outcome.error.payload)).toEqual({ code: 7, message: "broken" });
    expect(outcome.error.context).toBe('broken\nin step "b", routine "f", line: 6');
    expect(outcome.error.stack.map(({ routine, step, at }) => [routine, step, at.line])).toEqual([
      ["f", "b", 6],
      ["main", "a", 3],
    ]);
  });

  it("cannot return bytes", async () => {
    const { outcome } = await run("- a: {return: '${text.encode(\"a\")}'}");
    expect(outcome.state).toBe("FAILED");
  });

  it("logs one of data, text and json", async () => {
    const { logs } = await run(
      "- a: {call: sys.log, args: {data: {a: 1}}}\n- b: {call: sys.log, args: {text: hi, severity: INFO}}",
    );
    expect(logs.map(plain)).toEqual([{ a: 1 }, "hi"]);
  });
});

describe("try", () => {
  const policy = (predicate: string) => `
main:
  steps:
    - a:
        try: {call: googleapis.x.v1.get, result: r}
        retry: {predicate: '\${${predicate}}', max_retries: 8, backoff: {initial_delay: 1, max_delay: 60, multiplier: 2}}
    - b: {return: '\${r}'}
mine: {params: [e], steps: [r: {return: '\${e.code == 418}'}]}`;

  it("retries after the delays that Google's page lists, then gives up", async () => {
    let calls = 0;
    const stub = () => (calls++, failing(httpError(503n))());
    const { delays, outcome, seconds } = await run(policy("http.default_retry_predicate"), {
      stubs: { "googleapis.x.v1.get": stub },
    });
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect([calls, seconds, outcome.state]).toEqual([9, 183, "FAILED"]);
  });

  it("asks its predicate, the library's or a sub-workflow", async () => {
    const calls = async (predicate: string, code: bigint) =>
      (await run(policy(predicate), { stubs: { "googleapis.x.v1.get": failing(httpError(code)) } })).delays.length;
    expect(await calls("http.default_retry_predicate", 500n)).toBe(0);
    expect(await calls("mine", 418n)).toBe(8);
    expect(await calls("mine", 503n)).toBe(0);
    expect(await calls("retry.always", 500n)).toBe(8);
  });

  it("goes on with what a later try gives", async () => {
    const answers = [failing(httpError(503n)), failing(httpError(429n)), () => "ok"];
    const text =
      "- a:\n    try: {call: googleapis.x.v1.get, result: r}\n    retry: ${http.default_retry}\n- b: {return: '${r}'}";
    const { delays, outcome } = await run(text, { stubs: { "googleapis.x.v1.get": () => answers.shift()!() } });
    expect(outcome).toMatchObject({ state: "SUCCEEDED", result: "ok" });
    expect(delays).toEqual([1, 1.25]);
  });

  it.each([
    ["{raise: text}", "text"],
    ["{raise: {code: 3}}", { code: 3 }],
    ["{assign: [{x: '${1 / 0}'}]}", { message: "ZeroDivisionError: division by zero", tags: ["ZeroDivisionError"] }],
    ["{raise: false}", false],
  ])("binds what %s raises", async (body, error) => {
    expect(await result(`- a: {try: {steps: [b: ${body}]}, except: {as: e, steps: [c: {return: '\${e}'}]}}`)).toEqual(
      error,
    );
  });

  it("keeps what the failed attempt assigned, and forgets the except block's own", async () => {
    const text = `
- i: {assign: [{x: 0}]}
- a: {try: {steps: [b: {assign: [{x: 1}]}, c: {raise: no}]}, except: {as: e, steps: [d: {assign: [{y: '\${e}'}]}]}}
- r: {return: '\${x}'}`;
    expect(await result(text)).toBe(1);
  });
});

describe("a parallel step", () => {
  it("shares what it says it shares", async () => {
    const text = `
- i: {assign: [{sum: 0}]}
- p: {parallel: {shared: [sum], for: {value: v, range: [1, 100], steps: [w: {call: sys.sleep, args: {seconds: '\${v % 3}'}}, s: {assign: [{sum: '\${sum + v}'}]}]}}}
- r: {return: '\${sum}'}`;
    expect(await result(text)).toBe(5050);
  });

  it("runs branches at the same time, 20 at most, and fewer where it says so", async () => {
    const text = (count: number, limit: string) =>
      `- p: {parallel: {${limit}for: {value: v, range: [1, ${count}], steps: [w: {call: sys.sleep, args: {seconds: 10}}]}}}`;
    expect((await run(text(20, ""))).seconds).toBe(10);
    expect((await run(text(21, ""))).seconds).toBe(20);
    expect((await run(text(6, "concurrency_limit: 2, "))).seconds).toBe(30);
  });

  it("lets inner branches run when the outer ones fill every place", async () => {
    const text =
      "- p: {parallel: {for: {value: v, range: [1, 20], steps: [q: {parallel: {for: {value: w, range: [1, 2], steps: [s: {call: sys.sleep, args: {seconds: 1}}]}}}]}}}";
    expect((await run(text)).seconds).toBe(2);
  });

  it("finishes every branch, then raises the errors of all", async () => {
    const text = `
- i: {assign: [{done: 0}]}
- p:
    try:
      parallel:
        shared: [done]
        for: {value: v, range: [0, 5], steps: [o: {switch: [{condition: '\${v % 2 == 1}', raise: '\${"odd " + v}'}]}, d: {assign: [{done: '\${done + 1}'}]}]}
    except: {as: e, steps: [r: {return: ['\${e.tags}', '\${len(e.branches)}', '\${json.decode(e.branches[0].error.payload)}', '\${done}']}]}`;
    expect(await result(text)).toEqual([["UnhandledBranchError", "RuntimeError"], 3, "odd 1", 3]);
  });

  it("keeps the variables of named branches apart", async () => {
    const text = `
- i: {assign: [{a: null}, {b: null}]}
- p:
    parallel:
      shared: [a, b]
      branches:
        - left: {steps: [l: {assign: [{own: 1}, {a: '\${own}'}]}]}
        - right: {steps: [m: {assign: [{own: 2}, {b: '\${own}'}]}]}
- r: {return: ['\${a}', '\${b}']}`;
    expect(await result(text)).toEqual([1, 2]);
  });

  it("refuses more iterations than an execution has steps", async () => {
    const text = "- p: {parallel: {for: {value: v, range: [1, 1000000000000], steps: [s: {assign: [{x: 1}]}]}}}";
    const { outcome } = await run(text);
    expect(outcome).toMatchObject({ state: "FAILED", steps: 1 });
  });

  it("refuses a third level that a sub-workflow hides", async () => {
    const level = (name: string, inner: string) =>
      `${name}: {steps: [p: {parallel: {for: {value: v, in: [1], steps: [s: ${inner}]}}}]}`;
    const text = `${level("main", "{call: f}")}\n${level("f", "{call: g}")}\n${level("g", "{assign: [{x: 1}]}")}`;
    const { outcome } = await run(text);
    expect(JSON.stringify(outcome.state === "FAILED" && plain(outcome.error.payload))).toContain(
      "ParallelNestingError",
    );
  });
});

describe("what leaves the workflow", () => {
  it("is answered by stubs, callbacks too", async () => {
    const text = `
- a: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: cb}
- b: {call: events.await_callback, args: {callback: '\${cb}', timeout: 60}, result: request}
- c: {return: ['\${request.http_request.body}', '\${events.create_callback_endpoint("GET").url}']}`;
    const stubs = {
      "events.create_callback_endpoint": () => new Map([["url", "http://localhost/cb"]]),
      "events.await_callback": async () => new Map([["http_request", new Map([["body", "approved"]])]]),
    };
    expect(await result(text, { stubs })).toEqual(["approved", "http://localhost/cb"]);
  });

  it("ends the run with the name of the stub to write, whatever catches errors", async () => {
    const text =
      "- a:\n    try: {call: googleapis.pubsub.v1.projects.topics.publish}\n    retry: ${http.default_retry}\n    except: {steps: [b: {return: caught}]}";
    await expect(run(text)).rejects.toMatchObject({
      issues: [
        { code: "MR6101", path: "main/a", fix: 'give a stub called "googleapis.pubsub.v1.projects.topics.publish"' },
      ],
    });
  });

  it("runs on the wall clock as well", async () => {
    const { workflow } = checkSource("- a: {call: sys.sleep, args: {seconds: 20}}\n- b: {return: done}");
    const execution = startExecution(workflow!, { clock: realClock(1_000), random: seededRandom(1) });
    expect(await execution.outcome).toMatchObject({ result: "done" });
  });
});
