import { IssuesError } from "../../contract/issue";
import { nearest } from "../../language/nearest";
import { loadSystem } from "../../local/engine/load";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { ask, engineOf, requireEngine } from "./ask";

export interface JobsRunOptions extends CommonOptions {
  /** Tasks of this execution. */
  readonly tasks?: number;
  /** `NAME=value` */
  readonly env: readonly string[];
  /** Answer once the execution has begun. */
  readonly detach?: boolean;
}

/** What the engine answers about an execution, as far as it is shown. */
interface ExecutionAnswer {
  readonly name: string;
  readonly createTime: string;
  readonly completionTime?: string;
  readonly taskCount: number;
  readonly runningCount: number;
  readonly succeededCount: number;
  readonly failedCount: number;
  readonly cancelledCount: number;
  readonly retriedCount: number;
  readonly conditions: readonly { readonly state: string }[];
}

interface OperationAnswer {
  readonly name: string;
  readonly done: boolean;
  readonly metadata: ExecutionAnswer;
  readonly error?: { readonly message: string };
}

const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
const configsOf = (stack: string, options: CommonOptions) =>
  loadSystem(options.out, stack).system.runJobs.map(({ config }) => config);

const stateOf = ({ conditions }: ExecutionAnswer): string =>
  (conditions[0]?.state ?? "").replace("CONDITION_", "").replace("RECONCILING", "RUNNING");

const counts = (one: ExecutionAnswer): string =>
  [
    `${one.succeededCount} of ${one.taskCount} done`,
    ...(one.runningCount > 0 ? [`${one.runningCount} running`] : []),
    ...(one.failedCount > 0 ? [`${one.failedCount} failed`] : []),
    ...(one.retriedCount > 0 ? [`${one.retriedCount} retried`] : []),
  ].join(", ");

/** `millrace jobs ls`: the Cloud Run jobs of a stack; with an engine also their executions, the newest first. */
export async function jobsList(
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = engineOf(chosen, options);
  const jobs = await Promise.all(
    configsOf(chosen, options).map(async ({ name, tasks, parallelism, retries, timeoutMs }) => {
      const answer =
        engine &&
        ((await ask(engine, "GET", `/v2/${name}/executions`)) as { readonly executions: readonly ExecutionAnswer[] });
      return { name, tasks, parallelism, retries, timeoutMs, executions: answer?.executions ?? [] };
    }),
  );
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, running: !!engine, jobs }));
  else if (jobs.length === 0) terminal.err(`${chosen} has no jobs of Cloud Run that run here`);
  else {
    const rows = jobs.flatMap(({ name, tasks, parallelism, executions }) => [
      [short(name), `${tasks === 1 ? "1 task" : `${tasks} tasks`}, ${parallelism || tasks} at a time`, "", ""],
      ...executions.map((one) => [`  ${short(one.name)}`, one.createTime, stateOf(one), counts(one)]),
    ]);
    for (const line of columns(rows)) terminal.out(line.trimEnd());
  }
  return EXIT.ok;
}

/** `millrace jobs run`: runs a job and waits for the end of its execution. @returns findings when it has failed */
export async function jobsRun(
  job: string,
  stack: string | undefined,
  options: JobsRunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const names = configsOf(chosen, options).map(({ name }) => name);
  const found = names.find((name) => name === job || short(name) === job);
  if (found === undefined) {
    const guess = nearest(job, names.map(short));
    const fix = guess === undefined ? `its jobs: ${names.map(short).join(", ") || "none"}` : `did you mean ${guess}?`;
    const problem = `there is no job of Cloud Run "${job}" in the stack`;
    throw new IssuesError([{ code: "MR5006", severity: "error", path: chosen, problem, fix }]);
  }
  const begun = (await ask(engine, "POST", `/v2/${found}:run`, bodyOf(options))) as OperationAnswer;
  const ended = options.detach ? begun : ((await ask(engine, "POST", `/v2/${begun.name}:wait`)) as OperationAnswer);
  const { metadata: execution } = ended;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, job: found, execution }));
  else terminal.out(`${short(execution.name)}: ${stateOf(execution).toLowerCase()}, ${counts(execution)}`);
  return ended.error ? EXIT.findings : EXIT.ok;
}

/** google/cloud/run/v2/job.proto: `RunJobRequest` */
function bodyOf({ tasks, env }: JobsRunOptions): object {
  const variables = env.map((text) => {
    const [name = "", ...value] = text.split("=");
    return { name, value: value.join("=") };
  });
  const overrides = {
    ...(tasks !== undefined && { taskCount: tasks }),
    ...(variables.length > 0 && { containerOverrides: [{ env: variables }] }),
  };
  return Object.keys(overrides).length > 0 ? { overrides } : {};
}
