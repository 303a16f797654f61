import { type Command, Option } from "commander";
import { milliseconds } from "../language/duration";
import type { WaitOptions } from "./commands/clock";
import type { JobsRunOptions } from "./commands/jobs";
import type { ExitCode } from "./exit";
import type { CommonOptions } from "./program";
import { common, count, invalid } from "./program-options";
import { collect } from "./program-workflow";

/** The commands about schedules, queues, jobs and the engine's clock. */
export interface WorkCommands {
  scheduleList(stack: string | undefined, options: CommonOptions & { readonly next: number }): Promise<ExitCode>;
  scheduleRun(job: string, stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  tasksList(stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  tasksRun(task: string, stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  tasksPurge(queue: string, stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  jobsList(stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  jobsRun(job: string, stack: string | undefined, options: JobsRunOptions): Promise<ExitCode>;
  clockAdvance(by: string, stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  wait(stack: string | undefined, options: WaitOptions): Promise<ExitCode>;
}

/** Adds `millrace schedule|tasks|jobs|clock|wait`. @param ended takes the exit code of the one that was called */
export function addWorkCommands(program: Command, commands: WorkCommands, ended: (exit: ExitCode) => void): void {
  const schedule = program
    .command("schedule")
    .helpGroup("Work:")
    .description("jobs of Cloud Scheduler: when they run, and run them now");
  common(schedule.command("ls"))
    .argument("[stack]", "stack to look at")
    .description("list the jobs of a stack and when they run next")
    .option("--json", "one JSON document on stdout")
    .addOption(new Option("--next <count>", "runs to say of each job").default(1).argParser(count))
    .action(async (stack: string | undefined, options: CommonOptions & { next: number }) => {
      ended(await commands.scheduleList(stack, options));
    });
  common(schedule.command("run"))
    .argument("<job>", "job to run, by its full or its last name")
    .argument("[stack]", "stack it belongs to; an engine has to run it")
    .description("run a job now, retries included, and say how that came out")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, stack: string | undefined, options: CommonOptions) => {
      ended(await commands.scheduleRun(job, stack, options));
    });

  const tasks = program
    .command("tasks")
    .helpGroup("Work:")
    .description("queues of Cloud Tasks: what waits, dispatch it now, delete it");
  common(tasks.command("ls"))
    .argument("[stack]", "stack to look at; an engine has to run it")
    .description("list the tasks that wait in the queues of a stack")
    .option("--json", "one JSON document on stdout")
    .action(async (stack: string | undefined, options: CommonOptions) => {
      ended(await commands.tasksList(stack, options));
    });
  common(tasks.command("run"))
    .argument("<task>", "task to dispatch, by its full or its last name")
    .argument("[stack]", "stack it belongs to; an engine has to run it")
    .description("dispatch a task now, past rate, pause and schedule")
    .option("--json", "one JSON document on stdout")
    .action(async (task: string, stack: string | undefined, options: CommonOptions) => {
      ended(await commands.tasksRun(task, stack, options));
    });
  common(tasks.command("purge"))
    .argument("<queue>", "queue to empty, by its full or its last name")
    .argument("[stack]", "stack it belongs to; an engine has to run it")
    .description("delete every task of a queue")
    .option("--json", "one JSON document on stdout")
    .action(async (queue: string, stack: string | undefined, options: CommonOptions) => {
      ended(await commands.tasksPurge(queue, stack, options));
    });

  const jobs = program
    .command("jobs")
    .helpGroup("Work:")
    .description("jobs of Cloud Run: their executions, and run them");
  common(jobs.command("ls"))
    .argument("[stack]", "stack to look at")
    .description("list the jobs of a stack and their executions")
    .option("--json", "one JSON document on stdout")
    .action(async (stack: string | undefined, options: CommonOptions) => {
      ended(await commands.jobsList(stack, options));
    });
  common(jobs.command("run"))
    .argument("<job>", "job to run, by its full or its last name")
    .argument("[stack]", "stack it belongs to; an engine has to run it")
    .description("run a job, wait for its execution and say how that came out")
    .addOption(new Option("--tasks <count>", "tasks of this execution").argParser(tasksOf))
    .option("--env <name=value>", "variable over the job's; may be repeated", collect, [])
    .option("--detach", "do not wait for the end")
    .option("--json", "one JSON document on stdout")
    .action(async (job: string, stack: string | undefined, options: JobsRunOptions) => {
      ended(await commands.jobsRun(job, stack, options));
    });

  const clock = program.command("clock").helpGroup("Work:").description("the clock of a running engine");
  common(clock.command("advance"))
    .argument("<by>", "how far: 30s, 5m, 7d", duration)
    .argument("[stack]", "stack whose engine it is")
    .description("put the clock forward; what falls due on the way happens, one after another")
    .option("--json", "one JSON document on stdout")
    .action(async (by: string, stack: string | undefined, options: CommonOptions) => {
      ended(await commands.clockAdvance(by, stack, options));
    });

  common(program.command("wait").helpGroup("Work:"))
    .argument("[stack]", "stack to wait for; an engine has to run it")
    .description("wait until nothing is left to do")
    .addOption(new Option("--for <state>", "what to wait for").choices(["idle"]).default("idle"))
    .addOption(new Option("--timeout <duration>", "longest wait, of the wall clock").default("60s").argParser(duration))
    .option("--json", "one JSON document on stdout")
    .action(async (stack: string | undefined, options: WaitOptions) => {
      ended(await commands.wait(stack, options));
    });
}

function duration(text: string): string {
  try {
    milliseconds(text);
    return text;
  } catch {
    return invalid(`a duration is written 30s, 5m or 7d, not "${text}"`);
  }
}

function tasksOf(text: string): number {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= 10_000
    ? value
    : invalid(`--tasks is a number from 1 to 10000, not "${text}"`);
}
