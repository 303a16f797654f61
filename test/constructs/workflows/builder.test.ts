import { IssuesError } from "../../../contract/issue";
import { parseJson } from "../../../language/workflows/json";
import {
  add,
  and,
  at,
  choose,
  type Data,
  defaultTo,
  env,
  eq,
  type Expr,
  gt,
  invoke,
  isIn,
  len,
  list,
  map,
  mul,
  ne,
  not,
  param,
  range,
  raw,
  type Steps,
  subworkflow,
  text,
  typed,
  workflow,
  type WorkflowDefinition,
} from "../../../constructs/workflows/builder";
import { WorkflowError } from "../../../language/workflows/error";
import type { Stub } from "../../../local/engine/workflows/execution";
import { TransportFault } from "../../../local/engine/workflows/http";
import { result, run } from "../../local/workflows/run";

interface Order {
  readonly id: string;
  readonly lines: readonly { readonly sku: string; readonly amount: number }[];
  readonly note?: string;
}

const ORDER: Order = {
  id: "o-1",
  lines: [
    { sku: "a", amount: 2 },
    { sku: "b", amount: 3 },
  ],
};

const resultOf = (definition: WorkflowDefinition, given: unknown = null) =>
  result(definition.toJson(), { argument: parseJson(JSON.stringify(given)) });

/** What an expression of an order gives. */
const valueOf = (make: (order: Expr<Order>, w: Steps) => Data) =>
  resultOf(
    workflow<Order>("order", (w, order) => make(order, w)),
    ORDER,
  );

const refusal = (build: () => unknown) => {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(IssuesError);
    return (error as IssuesError).issues[0]!;
  }
  throw new Error("it was built");
};

describe("an expression of the builder", () => {
  it("reads members and items of what is known by its type", async () => {
    expect(await valueOf((order) => order.lines[1]!.sku)).toBe("b");
    expect(await valueOf((order) => at(order.lines, 0).amount)).toBe(2);
    expect(await valueOf((order) => map.get(order, ["customer", "name"]))).toBeNull();
  });

  it("joins text, with numbers before any text too", async () => {
    expect(await valueOf((order) => text`order ${order.id}: ${len(order.lines)} lines`)).toBe("order o-1: 2 lines");
    expect(await valueOf((order) => text`${order.lines[0]!.amount}${order.lines[1]!.amount}`)).toBe("23");
  });

  it("computes and compares, with parentheses where the language needs them", async () => {
    expect(await valueOf((order) => mul(add(order.lines[0]!.amount, 1), 2))).toBe(6);
    expect(await valueOf((order) => not(eq(order.id, "o-2")))).toBe(true);
    expect(await valueOf((order) => and(gt(len(order.lines), 1), not(isIn("note", order))))).toBe(true);
    expect(await valueOf((order) => choose(ne(order.id, ""), text`#${order.id}`, "none"))).toBe("#o-1");
    expect(await valueOf((order) => defaultTo(map.get<string>(order, "note"), "no note"))).toBe("no note");
  });

  it("takes text that looks like an expression as text, and raw text as an expression", async () => {
    expect(await valueOf(() => ({ "${key}": "${order.id}" }))).toEqual({ "${key}": "${order.id}" });
    expect(await valueOf(() => raw<number>("len(order.lines) * 10"))).toBe(20);
  });

  it("makes whole numbers integers, and passes data of any shape", async () => {
    expect(
      await valueOf(() => [raw("get_type(1)"), 2 ** 53, 1.5, { deep: [null, true, "x"], left: undefined }]),
    ).toEqual(["integer", 2 ** 53, 1.5, { deep: [null, true, "x"] }]);
    expect(await valueOf((order) => list.append(order.lines, { sku: "c", amount: 1 }))).toHaveLength(3);
  });

  it("puts maps and what is longer than 400 characters into variables of their own", async () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`);
    const definition = workflow<Order>("order", (w, order) => {
      const long = w.assign("long", {
        joined: text`${order.id} ${words.join(" ")} ${words.map((word) => word.length).join("+")}`,
      });
      const chained = words.reduce<Expr<string>>((all, word) => text`${all} ${word} ${order.id}`, text`begin`);
      w.return("done", [long.joined, chained, map.merge(order, { id: "new" })]);
    });
    expect(definition.check()).toEqual([]);
    const [, chained, merged] = (await resultOf(definition, ORDER)) as [string, string, Order];
    expect(chained).toBe(`begin ${words.map((word) => `${word} o-1`).join(" ")}`);
    expect(merged.id).toBe("new");
  });

  it("says what a plain template and a plain operator do wrong", () => {
    expect(() => workflow<Order>("order", (_, order) => Number(order.lines[0]!.amount) + 1)).toThrow(
      "join text with text`…${value}…`",
    );
  });
});

describe("steps of the builder", () => {
  it("set variables, which are typed by what they are set to", async () => {
    const definition = workflow((w) => {
      const { count, found } = w.assign("init", { count: 0, found: typed<{ readonly sku: string } | null>(null) });
      w.for("each", ["a", "b", "c"], (w, sku, index) => {
        w.set("add", [count, add(count, index)], [found, { sku }]);
      });
      w.set("member", [found.sku, text`${found.sku}!`]);
      return { count, found };
    });
    expect(definition.check()).toEqual([]);
    expect(await resultOf(definition)).toEqual({ count: 3, found: { sku: "c!" } });
  });

  it("split an assign of more than 50 variables", async () => {
    const values = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`v${index}`, index]));
    const definition = workflow((w) => {
      const all = w.assign("many", values);
      return add(all.v0!, all.v119!);
    });
    expect(definition.check()).toEqual([]);
    expect(await resultOf(definition)).toBe(119);
  });

  it("branch, loop over ranges and leave loops", async () => {
    const definition = workflow((w) => {
      const { seen } = w.assign("init", { seen: typed<readonly number[]>([]) });
      w.for("count", range(1, 9), (w, n) => {
        w.switch("what", [
          [eq(n, 2), (w) => w.continue()],
          [gt(n, 4), (w) => w.break()],
        ]);
        w.set("see", [seen, list.append(seen, n)]);
      });
      w.if(
        "enough",
        gt(len(seen), 2),
        (w) => w.return("yes", seen),
        (w) => w.raise("no", "too few"),
      );
    });
    expect(definition.check()).toEqual([]);
    expect(await resultOf(definition)).toEqual([1, 3, 4]);
  });

  it("run branches at once, with what they share", async () => {
    const definition = workflow((w) => {
      const { total } = w.assign("init", { total: 0 });
      w.parallel(
        "both",
        {
          one: (w) => w.set("add_one", [total, add(total, 1)]),
          two: (w) => w.set("add_two", [total, add(total, 2)]),
        },
        { shared: [total] },
      );
      w.parallelFor("all", [10, 20], (w, n) => w.set("add_n", [total, add(total, n)]), {
        shared: [total],
        concurrency: 1,
      });
      return total;
    });
    expect(definition.check()).toEqual([]);
    expect(await resultOf(definition)).toBe(33);
  });

  it("retry, catch, and raise again", async () => {
    const definition = workflow((w) => {
      w.try("ask", (w) => w.http("get", { url: "http://localhost:1/" }), {
        retry: { on: "always", maxRetries: 2, initialDelay: "10s", multiplier: 3 },
        except(w, error) {
          w.if("gone", isIn("ConnectionFailedError", error.tags), (w) => w.return("missed", "gone"));
          w.raise("again", error);
        },
      });
    });
    expect(definition.check()).toEqual([]);
    const { outcome, delays } = await run(definition.toJson(), {
      transport: () => Promise.reject(new TransportFault("ConnectionFailedError", "ECONNREFUSED")),
    });
    expect(outcome).toMatchObject({ state: "SUCCEEDED", result: "gone" });
    expect(delays).toEqual([10, 30]);
  });

  it("retry by a sub-workflow, which becomes part of the definition", async () => {
    const busy = subworkflow("busy", { error: param<{ readonly code: number }>() }, (_, { error }) =>
      eq(error.code, 409),
    );
    let calls = 0;
    const stub: Stub = () => {
      if (++calls === 1) throw new WorkflowError(new Map([["code", 409n]]));
      return null;
    };
    const definition = workflow((w) => {
      w.call("lock", "googleapis.storage.v1.objects.insert", { bucket: "b" }, { on: busy, maxRetries: 1 });
    });
    expect([...definition.model.routines.keys()]).toEqual(["main", "busy"]);
    const { outcome, delays } = await run(definition.toJson(), {
      stubs: { "googleapis.storage.v1.objects.insert": stub },
    });
    expect(outcome.state).toBe("SUCCEEDED");
    expect(delays).toEqual([1]);
  });

  it("call sub-workflows with arguments, defaults and results", async () => {
    const greet = subworkflow("greet", { name: param<string>(), greeting: param("Hello") }, (w, { name, greeting }) => {
      w.if("nobody", eq(name, ""), (w) => w.return("none", "nobody"));
      return text`${greeting}, ${name}`;
    });
    const definition = workflow((w) => {
      const first = w.call("first", greet, { name: "Ada" });
      const second = w.call("second", greet, { name: "Bob", greeting: "Hi" });
      return [first, second, invoke(w.include(greet), "", "x")];
    });
    expect(definition.check()).toEqual([]);
    expect(await resultOf(definition)).toEqual(["Hello, Ada", "Hi, Bob", "nobody"]);
  });

  it("sleep, log and wait for callbacks", async () => {
    const definition = workflow((w) => {
      w.sleep("week", "7d");
      w.log("say", text`slept until ${env("STAGE")}`, "NOTICE");
      w.log("data", { slept: true });
      const callback = w.createCallback("endpoint");
      const answer = w.awaitCallback<{ readonly ok: boolean }>("wait", callback, "1h");
      return answer.http_request.body.ok;
    });
    expect(definition.check()).toEqual([]);
    const { outcome, logs, seconds } = await run(definition.toJson(), {
      env: { STAGE: "test" },
      stubs: {
        "events.create_callback_endpoint": () => new Map([["url", "http://localhost/callback"]]),
        "events.await_callback": () => parseJson('{"http_request": {"body": {"ok": true}}}'),
      },
    });
    expect(outcome).toMatchObject({ state: "SUCCEEDED", result: true });
    expect(seconds).toBe(604_800);
    expect(logs).toEqual(["slept until test", new Map([["slept", true]])]);
  });

  it("leave out results that nobody reads", () => {
    const definition = workflow((w) => {
      w.http("unread", { url: "http://localhost/" });
      const read = w.http("read", { url: "http://localhost/" });
      return read.code;
    });
    expect(definition.toJson()).not.toContain('"result":"unread"');
    expect(definition.toJson()).toContain('"result":"read"');
  });

  it("print the same definition as JSON and as YAML", () => {
    const definition = workflow((w) => w.log("say", "${no: expression}"));
    expect(definition.toYaml()).toContain("- say:");
    expect(definition.toJson()).toBe(
      '{"main":{"steps":[{"say":{"call":"sys.log","args":{"text":"${\\"${no: expression}\\"}"}}}]}}',
    );
  });
});

describe("what cannot be built", () => {
  it.each<[string, () => unknown, string]>([
    [
      "two steps of one name",
      () =>
        workflow((w) => {
          w.sleep("a", 1);
          w.if("b", true, (w) => w.sleep("a", 1));
        }),
      'two steps called "a"',
    ],
    ["a reference of Terraform", () => workflow((w) => w.log("say", "${TfToken[TOKEN.0]}")), "reference of Terraform"],
    ["bytes", () => workflow((w) => w.log("say", { data: new Uint8Array(1) })), "bytes have no literal"],
    ["a number that is none", () => workflow((w) => w.return("say", Number.NaN)), "NaN is no number"],
    ["a variable's name", () => workflow((w) => void w.assign("say", { "a-b": 1 })), '"a-b" is no name of a variable'],
    ["a value that is set", () => workflow((w) => w.set("say", [add(1, 2), 3])), "neither a variable"],
    ["a routine without steps", () => workflow(() => undefined), "no steps"],
    [
      "two sub-workflows of one name",
      () =>
        workflow((w) => {
          w.call(
            "one",
            subworkflow("twin", {}, () => 1),
          );
          w.call(
            "two",
            subworkflow("twin", {}, () => 2),
          );
        }),
      'two sub-workflows are called "twin"',
    ],
  ])("is refused where it is built: %s", (_, build, problem) => {
    const issue = refusal(build);
    expect(issue.code).toBe("MR1550");
    expect(issue.problem).toContain(problem);
  });
});
