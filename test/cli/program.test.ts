import { EXIT } from "../../cli/exit";
import { type Commands, isHelp, isUsage, run } from "../../cli/program";
import { screen } from "./screen";

/** Runs a command line against commands that only note how they were called. */
async function line(...argv: string[]) {
  const calls: unknown[][] = [];
  const note =
    (name: string, exit: number) =>
    async (...args: unknown[]) => (calls.push([name, ...args]), exit as never);
  const commands: Commands = {
    dev: note("dev", 0),
    exec: note("exec", 7),
    tf: note("tf", 2),
    tfEnv: note("tfEnv", 0),
    reload: note("reload", 0),
    ps: note("ps", 0),
    check: note("check", 0),
    scheduleList: note("scheduleList", 0),
    scheduleRun: note("scheduleRun", 1),
    tasksList: note("tasksList", 0),
    tasksRun: note("tasksRun", 0),
    tasksPurge: note("tasksPurge", 0),
    jobsList: note("jobsList", 0),
    jobsRun: note("jobsRun", 1),
    redrive: note("redrive", 0),
    clockAdvance: note("clockAdvance", 0),
    wait: note("wait", 1),
    fidelity: note("fidelity", 1),
    workflowCheck: note("workflowCheck", 1),
    workflowFmt: note("workflowFmt", 0),
    workflowGraph: note("workflowGraph", 0),
    workflowRun: note("workflowRun", 0),
    reportGrants: note("reportGrants", 0),
  };
  const { terminal, stdout } = screen();
  const exit = await run(argv, commands, terminal).catch((error: unknown) => error);
  return { calls, exit, stdout };
}

describe("the command line", () => {
  it("starts dev with its defaults", async () => {
    const { calls, exit } = await line("dev");
    expect(exit).toBe(EXIT.ok);
    expect(calls).toEqual([
      ["dev", undefined, { out: "cdktf.out", state: ".millrace", color: true, port: 0, timeScale: 1 }],
    ]);
  });

  it("passes every option on, in its type", async () => {
    const { calls } = await line(
      ..."dev webhooks-local --out o --state s --port 8085 --seed 7 --time-scale 10 --ephemeral --strict --json --no-color --debug".split(
        " ",
      ),
    );
    expect(calls).toEqual([
      [
        "dev",
        "webhooks-local",
        {
          out: "o",
          state: "s",
          port: 8085,
          seed: "7",
          timeScale: 10,
          ephemeral: true,
          strict: true,
          json: true,
          color: false,
          debug: true,
        },
      ],
    ]);
  });

  it("leaves everything after -- to the command that exec runs, and passes its exit code on", async () => {
    const { calls, exit } = await line("exec", "app-local", "--seed", "1", "--", "npm", "test", "--", "--seed", "2");
    expect(exit).toBe(7);
    expect(calls[0]!.slice(0, 3)).toEqual(["exec", "app-local", ["npm", "test", "--", "--seed", "2"]]);
    expect(calls[0]![3]).toMatchObject({ seed: "1" });
  });

  it("reads what is asked of jobs, clock and waiting", async () => {
    const { calls, exit } = await line(
      "jobs",
      "run",
      "import",
      "--tasks",
      "3",
      "--env",
      "A=1",
      "--env",
      "B=2=3",
      "--detach",
    );
    expect(exit).toBe(EXIT.findings);
    expect(calls[0]).toMatchObject(["jobsRun", "import", undefined, { tasks: 3, env: ["A=1", "B=2=3"], detach: true }]);
    expect((await line("jobs", "ls", "app")).calls[0]).toMatchObject(["jobsList", "app", {}]);
    expect((await line("clock", "advance", "7d", "app", "--json")).calls[0]).toMatchObject([
      "clockAdvance",
      "7d",
      "app",
      { json: true },
    ]);
    const redrive = "redrive charge app --cause A --cause B --older-than 5m --rate 0.5 --max-redrives 2 --deliver";
    expect((await line(...redrive.split(" "))).calls[0]).toMatchObject([
      "redrive",
      "charge",
      "app",
      { cause: ["A", "B"], key: [], olderThan: "5m", rate: 0.5, maxRedrives: 2, deliver: true },
    ]);
    expect((await line("wait")).calls[0]).toMatchObject(["wait", undefined, { for: "idle", timeout: "60s" }]);
  });

  it.each([
    ["dev --prot 1", /unknown option '--prot'.*--port/s],
    ["deev", /unknown command 'deev'.*dev/s],
    ["dev a b", /too many arguments/],
    ["clock advance soon", /a duration is written 30s, 5m or 7d, not "soon"/],
    ["wait --for rain", /idle/],
    ["wait --timeout x", /a duration/],
    ["jobs run import --tasks 0", /--tasks is a number from 1 to 10000/],
    ["redrive charge --deliver --dry-run", /--deliver and --dry-run exclude each other/],
    ["redrive charge --rate 0", /--rate is a number above 0/],
    ["redrive charge --limit 1.5", /--limit is a whole number from 1/],
    ["dev --port x", /--port is a number from 0 to 65535, not "x"/],
    ["dev --port 70000", /--port/],
    ["dev --time-scale 0", /--time-scale is a number above 0/],
    ["dev -- npm test", /only exec takes a command after --/],
  ])("does not guess what `%s` means", async (text, message) => {
    const { exit, calls } = await line(...text.split(" "));
    expect(isUsage(exit)).toBe(true);
    expect(isHelp(exit)).toBe(false);
    expect((exit as Error).message).toMatch(message);
    expect(calls).toEqual([]);
  });

  it("reports grants of a stack", async () => {
    const { calls, exit } = await line(..."report grants webhooks-prod --json".split(" "));
    expect(exit).toBe(EXIT.ok);
    expect(calls).toEqual([
      ["reportGrants", "webhooks-prod", { out: "cdktf.out", state: ".millrace", color: true, json: true }],
    ]);
  });

  it("reads the commands of schedules", async () => {
    expect((await line("schedule", "ls", "app", "--next", "3", "--json")).calls).toEqual([
      ["scheduleList", "app", { out: "cdktf.out", state: ".millrace", color: true, next: 3, json: true }],
    ]);
    expect((await line("schedule", "run", "report")).calls).toEqual([
      ["scheduleRun", "report", undefined, { out: "cdktf.out", state: ".millrace", color: true }],
    ]);
    expect(isUsage((await line("schedule", "ls", "--next", "-1")).exit)).toBe(true);
  });

  it("reads the commands of queues", async () => {
    const common = { out: "cdktf.out", state: ".millrace", color: true };
    expect((await line("tasks", "ls", "app")).calls).toEqual([["tasksList", "app", common]]);
    expect((await line("tasks", "run", "mail-1", "app")).calls).toEqual([["tasksRun", "mail-1", "app", common]]);
    expect((await line("tasks", "purge", "mails", "--json")).calls).toEqual([
      ["tasksPurge", "mails", undefined, { ...common, json: true }],
    ]);
  });

  it("prints help in groups on stdout", async () => {
    const { exit, stdout } = await line("--help");
    expect(isHelp(exit)).toBe(true);
    expect(stdout()).toMatch(/\nRun:\n +dev [\s\S]*\n +exec [\s\S]*\nLook:\n +ps [\s\S]*\n +fidelity /);
    expect(stdout()).toContain("Exit codes: 0 ok, 1 findings, 2 usage, 3 environment, 4 internal");
  });

  it("prints help when nothing is asked", async () => {
    const { exit, stdout } = await line();
    expect(isHelp(exit)).toBe(true);
    expect(stdout()).toContain("Run:");
  });

  it("prints the version of the package", async () => {
    const { stdout } = await line("--version");
    const { version } = require("../../package.json") as { version: string };
    expect(stdout()).toBe(`${version}\n`);
  });
});

describe("millrace workflow", () => {
  it("passes files and options to its commands", async () => {
    expect((await line("workflow", "check", "a.yaml", "b.json", "--inferred", "--json")).calls).toEqual([
      ["workflowCheck", ["a.yaml", "b.json"], { inferred: true, json: true, color: true }],
    ]);
    expect((await line("workflow", "fmt", "a.yaml", "--json")).calls).toEqual([
      ["workflowFmt", "a.yaml", { json: true, color: true }],
    ]);
    const argv =
      "workflow run a.yaml --argument {} --env A=1 --env B=2 --stubs s.yaml --seed 7 --at 2026-01-01T00:00:00Z --real-time";
    expect((await line(...argv.split(" "))).calls).toEqual([
      [
        "workflowRun",
        "a.yaml",
        {
          argument: "{}",
          env: ["A=1", "B=2"],
          stubs: "s.yaml",
          seed: "7",
          at: "2026-01-01T00:00:00Z",
          realTime: true,
          color: true,
        },
      ],
    ]);
  });
});
