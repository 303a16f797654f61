import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workflowCheck, workflowFmt, workflowGraph, workflowRun } from "../../cli/commands/workflow";
import { EXIT, exitOf } from "../../cli/exit";
import { IssuesError } from "../../contract/issue";
import { screen } from "./screen";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "workflow-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const issuesOf = (promise: Promise<unknown>) =>
  promise.then(
    () => [],
    (error: unknown) => (error as IssuesError).issues,
  );

const GOOD = 'main:\n  params: [name]\n  steps:\n    # says hello\n    - a:\n        return: ${"hello " + name}\n';
const BAD = "- a: {assign: [{x: '${y % 2}'}]}\n- b: {next: c}\n";

describe("millrace workflow check", () => {
  it("lists every fault of every file with its place, and fails", async () => {
    const path = file("bad.yaml", BAD);
    const { terminal, stdout } = screen();
    expect(await workflowCheck([path, file("good.yaml", GOOD)], { json: true }, terminal)).toBe(EXIT.findings);
    const { schemaVersion, issues } = JSON.parse(stdout()) as {
      schemaVersion: number;
      issues: { code: string; path: string }[];
    };
    expect(schemaVersion).toBe(1);
    expect(issues.map(({ code, path }) => [code, path.slice(folder.length + 1)])).toEqual([
      ["MR6040", "bad.yaml:1:23 main/a"],
      ["MR6020", "bad.yaml:2:13 main/b"],
    ]);
  });

  it("lists the inferred behaviour that a definition relies on", async () => {
    const { terminal, stdout, stderr } = screen();
    expect(await workflowCheck([file("good.yaml", GOOD)], { inferred: true }, terminal)).toBe(EXIT.ok);
    expect(stdout()).toContain("good.yaml:1:1 main: a parameter of main without an argument is null");
    expect(stderr()).toContain("no faults");
  });

  it("says that a file is not there", async () => {
    const issues = await issuesOf(workflowCheck([join(folder, "none.yaml")], {}, screen().terminal));
    expect(issues).toMatchObject([{ code: "MR6104", problem: "there is no such file" }]);
    expect(exitOf(issues)).toBe(EXIT.environment);
  });
});

describe("millrace workflow fmt", () => {
  it("prints the canonical form, as YAML or as JSON", async () => {
    const path = file("good.json", '[{"a": {"return": "${1+2*3}"}}]');
    const yaml = screen();
    expect(await workflowFmt(path, {}, yaml.terminal)).toBe(EXIT.ok);
    expect(yaml.stdout()).toBe("main:\n  steps:\n    - a:\n        return: ${1 + 2 * 3}\n");
    const json = screen();
    await workflowFmt(path, { json: true }, json.terminal);
    expect(json.stdout()).toBe('{"main":{"steps":[{"a":{"return":"${1 + 2 * 3}"}}]}}\n');
  });

  it("prints nothing of a definition with faults", async () => {
    expect(await issuesOf(workflowFmt(file("bad.yaml", BAD), {}, screen().terminal))).toMatchObject([
      { code: "MR6040" },
      { code: "MR6020" },
    ]);
  });
});

describe("millrace workflow run", () => {
  it("prints the result of an execution", async () => {
    const { terminal, stdout } = screen();
    expect(await workflowRun(file("good.yaml", GOOD), { argument: '"Ada"', env: [] }, terminal)).toBe(EXIT.ok);
    expect(stdout()).toBe('"hello Ada"\n');
  });

  it("answers by stubs in order, begins at the time given, and says what it waits for", async () => {
    const text = `
- a:
    try: {call: googleapis.x.v1.get, result: r}
    retry: \${http.default_retry}
- log: {call: sys.log, args: {data: {got: '\${r}'}}}
- b: {return: ['\${r}', '\${sys.now()}', '\${sys.get_env("STAGE")}']}`;
    const stubs = file(
      "stubs.yaml",
      "googleapis.x.v1.get:\n  - raise: {code: 503, tags: [HttpError]}\n  - return: fine\n",
    );
    const { terminal, stdout, stderr } = screen();
    const options = { env: ["STAGE=test"], stubs, at: "1970-01-01T00:00:10Z" };
    expect(await workflowRun(file("w.yaml", text), options, terminal)).toBe(EXIT.ok);
    expect(JSON.parse(stdout())).toEqual(["fine", 11, "test"]);
    expect(stderr()).toContain("main/a failed and is tried again after 1 s\n");
    expect(stderr()).toContain('DEFAULT {"got":"fine"}');
  });

  it("says what an execution raised, and where", async () => {
    const path = file("w.yaml", "- a: {raise: {code: 7}}");
    const people = screen();
    expect(await workflowRun(path, { env: [] }, people.terminal)).toBe(EXIT.findings);
    expect(people.stderr()).toContain("MR6105 " + path + ':1:3 main/a: the execution failed: {"code":7}');
    const machines = screen();
    await workflowRun(path, { env: [], json: true, realTime: true }, machines.terminal);
    expect(JSON.parse(machines.stdout())).toEqual({
      schemaVersion: 1,
      state: "FAILED",
      steps: 1,
      error: {
        payload: '{"code":7}',
        context: 'the execution raised an error\nin step "a", routine "main", line: 1',
        stackTrace: { elements: [{ routine: "main", step: "a", position: { line: 1, column: 3 } }] },
      },
    });
  });

  it("refuses a malformed file of stubs with every place", async () => {
    const stubs = file("stubs.yaml", "a: []\nb: {answer: 1}\n");
    const issues = await issuesOf(workflowRun(file("good.yaml", GOOD), { env: [], stubs }, screen().terminal));
    expect(issues.map(({ code, path }) => [code, path.slice(folder.length + 1)])).toEqual([
      ["MR6103", "stubs.yaml:1:4"],
      ["MR6103", "stubs.yaml:2:4"],
    ]);
  });

  it.each([
    ["--argument is no JSON", { argument: "{", env: [] }],
    ["--env takes NAME=VALUE", { env: ["NAME"] }],
    ["--at is no time", { env: [], at: "soon" }],
  ])("says that %s", async (problem, options) => {
    expect(await issuesOf(workflowRun(file("good.yaml", GOOD), options, screen().terminal))).toMatchObject([
      { code: "MR5001", problem: expect.stringContaining(problem) },
    ]);
  });
});

describe("millrace workflow graph", () => {
  it("draws the control flow, as Mermaid or as data", async () => {
    const path = file("good.yaml", GOOD);
    const people = screen();
    expect(await workflowGraph(path, {}, people.terminal)).toBe(EXIT.ok);
    expect(people.stdout()).toContain("flowchart TD");
    const machines = screen();
    await workflowGraph(path, { json: true }, machines.terminal);
    expect(JSON.parse(machines.stdout())).toMatchObject({ schemaVersion: 1, routines: [{ routine: "main" }] });
  });
});

describe("millrace workflow run --coverage", () => {
  const text = "- a: {switch: [{condition: '${1 == 2}', next: c}]}\n- b: {return: 1}\n- c: {return: 2}\n";

  it("says what was not taken, to people and to machines", async () => {
    const people = screen();
    await workflowRun(file("w.yaml", text), { env: [], coverage: true }, people.terminal);
    expect(people.stderr()).toContain(
      "steps: 2 of 3\n  not taken: main/c\nbranches: 1 of 2\n  not taken: main/a: case 1",
    );
    const machines = screen();
    await workflowRun(file("w.yaml", text), { env: [], coverage: true, json: true }, machines.terminal);
    expect(JSON.parse(machines.stdout())).toMatchObject({
      coverage: { steps: { taken: 2, all: 3, missed: ["main/c"] }, branches: { missed: ["main/a: case 1"] } },
    });
  });
});

describe("millrace workflow check of a Terraform document", () => {
  const document = (source: string) =>
    JSON.stringify({
      provider: { google: [{ project: "p", region: "europe-west1" }] },
      resource: {
        google_service_account: { flow: { account_id: "flow" } },
        google_workflows_workflow: {
          orders: {
            name: "orders",
            region: "europe-west1",
            service_account: "${google_service_account.flow.email}",
            source_contents: source.replaceAll("${", () => "$${"),
          },
        },
      },
    });

  it("knows the plan: what the definition's identity may not do", async () => {
    const path = file(
      "cdk.tf.json",
      document("- say: {call: sys.log, args: {text: hello}}\n- done: {return: '${x}'}\n"),
    );
    const { terminal, stdout } = screen();
    expect(await workflowCheck([path], { json: true }, terminal)).toBe(EXIT.findings);
    const { issues } = JSON.parse(stdout()) as { issues: { code: string; path: string; severity: string }[] };
    expect(issues).toMatchObject([
      { code: "MR6040", path: `${path}/google_workflows_workflow.orders.source_contents:2:21 main/done` },
      { code: "MR6106", severity: "warning", path: `${path}/google_workflows_workflow.orders main/say` },
    ]);
  });

  it("says that a document cannot be read", async () => {
    const issues = await issuesOf(workflowCheck([file("cdk.tf.json", "[]")], {}, screen().terminal));
    expect(issues).toMatchObject([{ code: "MR6104", problem: "it is no Terraform document in JSON" }]);
  });
});
