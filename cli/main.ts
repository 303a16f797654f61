#!/usr/bin/env node
import { EXIT, reportFailure, usage } from "./exit";
import { type Commands, isHelp, isUsage, run } from "./program";
import { watchSignals } from "./signals";
import { createTerminal } from "./terminal";

// Loaded when called, and by require: import() of a file without its extension is no CommonJS.
const lazy = {
  dev: () => require("./commands/dev") as typeof import("./commands/dev"),
  exec: () => require("./commands/exec") as typeof import("./commands/exec"),
  tf: () => require("./commands/tf") as typeof import("./commands/tf"),
  reload: () => require("./commands/reload") as typeof import("./commands/reload"),
  ps: () => require("./commands/ps") as typeof import("./commands/ps"),
  schedule: () => require("./commands/schedule") as typeof import("./commands/schedule"),
  jobs: () => require("./commands/jobs") as typeof import("./commands/jobs"),
  redrive: () => require("./commands/redrive") as typeof import("./commands/redrive"),
  clock: () => require("./commands/clock") as typeof import("./commands/clock"),
  tasks: () => require("./commands/tasks") as typeof import("./commands/tasks"),
  fidelity: () => require("./commands/fidelity") as typeof import("./commands/fidelity"),
  workflow: () => require("./commands/workflow") as typeof import("./commands/workflow"),
  check: () => require("./commands/check") as typeof import("./commands/check"),
  reportGrants: () => require("./commands/report-grants") as typeof import("./commands/report-grants"),
};

/** Commander's `error: …\n(Did you mean …?)` in the form of an issue. */
const oneLine = (message: string): string =>
  message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .replace(/\.$/, "");

async function main(argv: readonly string[]): Promise<number> {
  const cut = argv.indexOf("--");
  const own = cut < 0 ? argv : argv.slice(0, cut);
  const { stdout, stderr, env } = process;
  const terminal = createTerminal({ stdout, stderr, env, ...(own.includes("--no-color") && { color: false }) });
  const signals = watchSignals();
  const commands: Commands = {
    dev: (...args) => lazy.dev().dev(...args, terminal, signals),
    exec: (...args) => lazy.exec().exec(...args, terminal, signals),
    tf: (...args) => lazy.tf().tf(...args, terminal),
    tfEnv: (...args) => lazy.tf().tfEnv(...args, terminal),
    reload: (...args) => lazy.reload().reload(...args, terminal),
    ps: (...args) => lazy.ps().ps(...args, terminal),
    scheduleList: (...args) => lazy.schedule().scheduleList(...args, terminal),
    scheduleRun: (...args) => lazy.schedule().scheduleRun(...args, terminal),
    tasksList: (...args) => lazy.tasks().tasksList(...args, terminal),
    tasksRun: (...args) => lazy.tasks().tasksRun(...args, terminal),
    tasksPurge: (...args) => lazy.tasks().tasksPurge(...args, terminal),
    jobsList: (...args) => lazy.jobs().jobsList(...args, terminal),
    jobsRun: (...args) => lazy.jobs().jobsRun(...args, terminal),
    redrive: (...args) => lazy.redrive().redrive(...args, terminal, { signals }),
    clockAdvance: (...args) => lazy.clock().clockAdvance(...args, terminal),
    wait: (...args) => lazy.clock().wait(...args, terminal),
    fidelity: (...args) => lazy.fidelity().fidelity(...args, terminal),
    workflowCheck: (...args) => lazy.workflow().workflowCheck(...args, terminal),
    workflowFmt: (...args) => lazy.workflow().workflowFmt(...args, terminal),
    workflowGraph: (...args) => lazy.workflow().workflowGraph(...args, terminal),
    workflowRun: (...args) => lazy.workflow().workflowRun(...args, terminal),
    check: (...args) => lazy.check().check(...args, terminal),
    reportGrants: (...args) => lazy.reportGrants().reportGrants(...args, terminal),
  };
  try {
    return await run(argv, commands, terminal);
  } catch (error) {
    if (isHelp(error)) return EXIT.ok;
    const shown = isUsage(error) ? usage("millrace", oneLine(error.message), "see `millrace help`") : error;
    return reportFailure(shown, terminal, { json: own.includes("--json"), debug: own.includes("--debug") });
  }
}

// A reader that has seen enough (`millrace dev | head`) ends the command as Ctrl-C does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.kill(process.pid, "SIGTERM");
});

// Everything is stopped by then; what a library keeps open must not keep the command alive.
void main(process.argv.slice(2)).then((code) => process.stdout.write("", () => process.exit(code)));
