import { EventEmitter } from "node:events";
import { eventLine } from "../../cli/event-line";
import { EXIT, exitOf, printIssues, reportFailure, usage } from "../../cli/exit";
import { box, columns } from "../../cli/layout";
import { createProgress } from "../../cli/progress";
import { watchSignals } from "../../cli/signals";
import { chooseStack } from "../../cli/stack";
import { type Issue, IssuesError } from "../../contract/issue";
import type { EngineEvent } from "../../local/engine/events";
import { outFolder } from "../local/engine/fixture";
import { screen } from "./screen";

const found = (code: Issue["code"], severity: Issue["severity"] = "error"): Issue => ({
  code,
  severity,
  path: "app/google_pubsub_topic.orders",
  problem: "it is wrong",
  fix: "mend it",
});

describe("colour", () => {
  const painted = (options: Parameters<typeof screen>[0]) => screen(options).terminal.paint.red("x") !== "x";

  it("is for terminals", () => {
    expect(painted({ tty: true })).toBe(true);
    expect(painted({ tty: false })).toBe(false);
  });

  it.each([{ NO_COLOR: "1" }, { TERM: "dumb" }])("is left out with %j", (env) =>
    expect(painted({ tty: true, env })).toBe(false),
  );
  it("is left out with --no-color, whatever the environment says", () =>
    expect(painted({ tty: true, env: { FORCE_COLOR: "1" }, color: false })).toBe(false));
  it("is forced with FORCE_COLOR", () => expect(painted({ env: { FORCE_COLOR: "1" } })).toBe(true));
});

describe("an issue on the terminal", () => {
  it("says code, place, problem, fix and where it is explained, on stderr", () => {
    const { terminal, stdout, stderr } = screen();
    printIssues([found("MR4014"), found("MR4017", "warning")], terminal);
    expect(stdout()).toBe("");
    expect(stderr()).toBe(
      [
        "✖ MR4014 app/google_pubsub_topic.orders: it is wrong",
        "  mend it. docs/errors.md#mr4014",
        "⚠ MR4017 app/google_pubsub_topic.orders: it is wrong",
        "  mend it. docs/errors.md#mr4017",
        "",
      ].join("\n"),
    );
  });

  it("is written in ASCII where the locale has no more", () => {
    const { terminal, stderr } = screen({ env: { LANG: "C" } });
    printIssues([found("MR4014")], terminal);
    expect(stderr()).toMatch(/^x MR4014/);
  });

  it("is one JSON document on stdout with --json", () => {
    const { terminal, stdout, stderr } = screen();
    reportFailure(new IssuesError([found("MR4014")]), terminal, { json: true });
    expect(JSON.parse(stdout())).toEqual({ schemaVersion: 1, issues: [found("MR4014")] });
    expect(stderr()).toBe("");
  });
});

describe("the exit code", () => {
  it.each<[Issue["code"], number]>([
    ["MR4014", EXIT.findings],
    ["MR4001", EXIT.environment],
    ["MR4101", EXIT.environment],
    ["MR4102", EXIT.environment],
    ["MR4106", EXIT.environment],
    ["MR4018", EXIT.environment],
    ["MR4002", EXIT.usage],
    ["MR5001", EXIT.usage],
    ["MR5004", EXIT.internal],
  ])("of %s is %i", (code, exit) => expect(exitOf([found(code)])).toBe(exit));

  it("of a fault of ours is 4, and the stack trace is only for --debug", () => {
    const fault = new TypeError("x is not a function");
    const plain = screen();
    expect(reportFailure(fault, plain.terminal, {})).toBe(EXIT.internal);
    expect(plain.stderr()).toMatch(/^✖ MR5004 millrace: an unexpected error: x is not a function/);
    expect(plain.stderr()).not.toContain("    at ");
    const debug = screen();
    reportFailure(fault, debug.terminal, { debug: true });
    expect(debug.stderr()).toContain("    at ");
  });

  it("of a wrong command line is 2", () => {
    const { terminal, stderr } = screen();
    expect(reportFailure(usage("exec", "there is no command", "add one"), terminal, {})).toBe(EXIT.usage);
    expect(stderr()).toContain("MR5001 exec: there is no command");
  });
});

describe("progress", () => {
  const steps = (options: Parameters<typeof screen>[0]) => {
    const { terminal, stderr } = screen(options);
    let time = 0;
    const progress = createProgress(terminal, () => (time += 5));
    progress.step("read");
    progress.step("start");
    progress.done();
    progress.step("fail");
    progress.failed();
    return stderr();
  };

  it("is one line per finished step where nothing can be drawn over", () =>
    expect(steps({})).toBe("✔ read 5 ms\n✔ start 5 ms\n✖ fail 5 ms\n"));

  it("draws the running step over on a terminal", () => {
    const text = steps({ tty: true, env: { NO_COLOR: "1" } });
    expect(text).toContain("\r\u001B[2K⠋ read");
    expect(text).toContain("\r\u001B[2K✔ read 5 ms\n");
  });
});

describe("an event for a person", () => {
  const { terminal } = screen();
  const subscription = "projects/p/subscriptions/charge";
  const topic = "projects/p/topics/orders";
  const target = "projects/p/locations/r/services/t";
  it.each<[EngineEvent, string]>([
    [{ atMs: 0, type: "published", topic, messageId: "1" }, "· published 1 to orders"],
    [{ atMs: 0, type: "filtered", subscription, messageId: "1" }, "· filtered 1 from charge"],
    [
      { atMs: 0, type: "dropped", by: subscription, messageId: "1", functionName: "onlyPaid" },
      "· dropped 1 by onlyPaid of charge",
    ],
    [{ atMs: 0, type: "delivered", subscription, messageId: "1", attempt: 2 }, "→ delivered 1 to charge, attempt 2"],
    [{ atMs: 0, type: "acked", subscription, messageId: "1", attempt: 2 }, "✔ acked 1 by charge, attempt 2"],
    [
      { atMs: 0, type: "nacked", subscription, messageId: "1", attempt: 2, reason: "status 500" },
      "✖ nacked 1 by charge, attempt 2: status 500",
    ],
    [
      { atMs: 0, type: "deadLettered", subscription, messageId: "1", topic, attempt: 5 },
      "⚠ dead letter 1 of charge to orders after attempt 5",
    ],
    [
      { atMs: 0, type: "refused", target, status: 403, reason: "no token" },
      "✖ refused a request to t with 403: no token",
    ],
    [{ atMs: 0, type: "processStarted", target, pid: 9, readyMs: 12.3 }, "▲ started t as process 9 in 12 ms"],
    [
      { atMs: 0, type: "processExited", target, pid: 9, code: 0, signal: null, expected: true },
      "▼ exited t, process 9, code 0",
    ],
    [
      { atMs: 0, type: "processExited", target, pid: 9, code: null, signal: "SIGKILL", expected: false },
      "✖ exited t, process 9, SIGKILL",
    ],
    [{ atMs: 0, type: "log", target, pid: 9, stream: "stdout", line: "hello" }, "· t hello"],
  ])("%j", (event, text) => expect(eventLine(event, terminal)).toBe(`00:00:00.000 ${text}`));
});

describe("layout", () => {
  it("aligns columns by what is seen, not by what is written", () => {
    const red = screen({ env: { FORCE_COLOR: "1" } }).terminal.paint.red("ab");
    expect(
      columns([
        [red, "x"],
        ["abcd", "y"],
      ]),
    ).toEqual([`${red}    x`.replace("    ", "    "), "abcd  y"]);
  });

  it("frames lines of different length", () => {
    expect(box("title", ["a", "a longer line"], screen().terminal)).toEqual([
      "╭─ title ───────╮",
      "│ a             │",
      "│ a longer line │",
      "╰───────────────╯",
    ]);
    expect(box("t", ["a"], screen({ env: { LANG: "C" } }).terminal)).toEqual(["+- t -+", "| a   |", "+-----+"]);
  });
});

describe("the stack a command is about", () => {
  const out = outFolder();
  const choose = (stacks: string[], named?: string) =>
    chooseStack(out.write(Object.fromEntries(stacks.map((name) => [name, {}]))), named);

  it("is the one named, the only one, or the only local one", () => {
    expect(choose(["a", "b"], "b")).toBe("b");
    expect(choose(["a-dev"])).toBe("a-dev");
    expect(choose(["a-dev", "a-local", "a-prod"])).toBe("a-local");
  });

  it.each([[["a-dev", "a-prod"]], [["a-local", "b-local"]]])("is asked for when it could be one of %j", (stacks) => {
    expect(() => choose(stacks)).toThrow(`several stacks and none was named: ${stacks.join(", ")}`);
    expect(() => choose(stacks)).toThrow("MR5002");
  });
});

describe("signals", () => {
  it("ask first and kill then", () => {
    const source = new EventEmitter();
    const heard: unknown[] = [];
    const signals = watchSignals(source, (code) => heard.push(code));
    signals.onFirst(() => heard.push("first"));
    signals.onSecond(() => heard.push("second"));
    source.emit("SIGINT");
    expect(heard).toEqual(["first"]);
    source.emit("SIGTERM");
    expect(heard).toEqual(["first", "second", 130]);
  });

  it("that came before anybody listened are heard at once", () => {
    const source = new EventEmitter();
    const signals = watchSignals(source, () => {});
    source.emit("SIGINT");
    const heard: string[] = [];
    signals.onFirst(() => heard.push("first"));
    expect(heard).toEqual(["first"]);
  });
});
