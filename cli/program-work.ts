import { type Command, Option } from "commander";
import { milliseconds } from "../language/duration";
import type { WaitOptions } from "./commands/clock";
import type { JobsRunOptions } from "./commands/jobs";
import type { RedriveCommandOptions } from "./commands/redrive";
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
  redrive(handler: string, stack: string | undefined, options: RedriveCommandOptions): Promise<ExitCode>;
  clockAdvance(by: string, stack: string | undefined, options: CommonOptions): Promise<ExitCode>;
  wait(stack: string | undefined, options: WaitOptions): Promise<ExitCode>;
}

/** Adds `millrace schedule|tasks|jobs|redrive|clock|wait`. @param ended takes the exit code of the one that was called */
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

  common(program.command("redrive").helpGroup("Work:"))
    .argument("<handler>", "handler that has parked them, by the name of its contract")
    .argument("[stack]", "stack it belongs to; an engine has to run it, unless --cloud is said")
    .description("look at dead letters, and give them to the handler that failed again")
    .option("--deliver", "deliver them; without it only what would happen is shown")
    .option("--dry-run", "only show what would happen, which is the default")
    .option("--cause <class>", "parked by an error of this class; may be repeated", collect, [])
    .option("--key <key>", "with this key of the contract; may be repeated", collect, [])
    .addOption(new Option("--older-than <duration>", "parked at least so long ago").argParser(duration))
    .addOption(new Option("--newer-than <duration>", "parked at most so long ago").argParser(duration))
    .option("--unparked", "also what Pub/Sub itself dead-lettered, where no other handler shares the topic")
    .addOption(new Option("--rate <number>", "deliveries a second (default: 10)").argParser(above("--rate")))
    .addOption(new Option("--limit <count>", "letters to look at (default: 1000)").argParser(whole("--limit")))
    .addOption(
      new Option("--max-redrives <count>", "leave alone what was redriven so often (default: 3)").argParser(
        whole("--max-redrives"),
      ),
    )
    .option("--subscription <name>", "where several subscriptions keep the dead letters")
    .option("--cloud", "on Google Cloud, as whoever is logged in, instead of on the engine")
    .option("--json", "one JSON document on stdout")
    .action(
      async (handler: string, stack: string | undefined, options: RedriveCommandOptions & { dryRun?: boolean }) => {
        if (options.deliver && options.dryRun) invalid("--deliver and --dry-run exclude each other");
        ended(await commands.redrive(handler, stack, options));
      },
    );

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

const whole =
  (option: string) =>
  (text: string): number =>
    /^[1-9]\d*$/.test(text) ? Number(text) : invalid(`${option} is a whole number from 1, not "${text}"`);

const above =
  (option: string) =>
  (text: string): number =>
    Number(text) > 0 && Number.isFinite(Number(text))
      ? Number(text)
      : invalid(`${option} is a number above 0, not "${text}"`);
