import { IssuesError } from "../../contract/issue";
import { nearest } from "../../language/nearest";
import { loadSystem } from "../../local/engine/load";
import type { Endpoints } from "../../local/engine/endpoints";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";
import { ask, requireEngine } from "./ask";

interface TaskAnswer {
  readonly name: string;
  readonly scheduleTime: string;
  readonly dispatchCount?: number;
  readonly lastAttempt?: { readonly responseStatus?: { readonly message: string } };
}

interface QueueAnswer {
  readonly name: string;
  readonly state: string;
}

const short = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** The stack asked for, its engine, and full names of its queues. */
function deskOf(stack: string | undefined, options: CommonOptions) {
  const chosen = chooseStack(options.out, stack);
  const engine = requireEngine(chosen, options);
  const queues = loadSystem(options.out, chosen).system.queues.map(({ config }) => config.name);
  return { chosen, engine, queues };
}

async function tasksOf(engine: Endpoints, queue: string): Promise<readonly TaskAnswer[]> {
  const all: TaskAnswer[] = [];
  for (let token = ""; ;) {
    const query = `pageSize=1000${token && `&pageToken=${encodeURIComponent(token)}`}`;
    const page = (await ask(engine, "GET", `/v2/${queue}/tasks?${query}`)) as {
      readonly tasks?: readonly TaskAnswer[];
      readonly nextPageToken?: string;
    };
    all.push(...(page.tasks ?? []));
    if (!page.nextPageToken) return all;
    token = page.nextPageToken;
  }
}

function chosenOf(wanted: string, names: readonly string[], kind: "queue" | "task", stack: string): string {
  const found = names.filter((name) => name === wanted || short(name) === wanted);
  if (found.length === 1) return found[0]!;
  const shorts = names.map(short);
  const guess = nearest(wanted, shorts);
  const none = `there is no ${kind} "${wanted}" in the stack`;
  const problem = found.length > 1 ? `${found.length} ${kind}s are called "${wanted}"` : none;
  const fix =
    found.length > 1
      ? "give its full name"
      : guess !== undefined
        ? `did you mean ${guess}?`
        : `its ${kind}s: ${shorts.slice(0, 10).join(", ") || "none"}`;
  throw new IssuesError([{ code: "MR5006", severity: "error", path: stack, problem, fix }]);
}

/** `millrace tasks ls`: the tasks that wait in the queues of a stack. */
export async function tasksList(
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { chosen, engine, queues: names } = deskOf(stack, options);
  const queues = await Promise.all(
    names.map(async (name) => {
      const { state } = (await ask(engine, "GET", `/v2/${name}`)) as QueueAnswer;
      return { name, state, tasks: await tasksOf(engine, name) };
    }),
  );
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, queues }));
  else if (queues.length === 0) terminal.err(`${chosen} has no queues of Cloud Tasks`);
  else {
    const rows = queues.flatMap(({ name, state, tasks }) => [
      [short(name), state, tasks.length === 1 ? "1 task" : `${tasks.length} tasks`, ""],
      ...tasks.map((task) => [
        `  ${short(task.name)}`,
        task.scheduleTime,
        `attempt ${task.dispatchCount ?? 0}`,
        task.lastAttempt?.responseStatus?.message ?? "",
      ]),
    ]);
    for (const line of columns(rows)) terminal.out(line.trimEnd());
  }
  return EXIT.ok;
}

/** `millrace tasks run`: dispatches a task now, past rate, pause and schedule. */
export async function tasksRun(
  task: string,
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { chosen, engine, queues } = deskOf(stack, options);
  const tasks = (await Promise.all(queues.map((queue) => tasksOf(engine, queue)))).flat();
  const name = chosenOf(
    task,
    tasks.map((one) => one.name),
    "task",
    chosen,
  );
  const answer = (await ask(engine, "POST", `/v2/${name}:run`)) as TaskAnswer;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, task: answer }));
  else terminal.out(`${short(name)}: dispatched, attempt ${answer.dispatchCount}`);
  return EXIT.ok;
}

/** `millrace tasks purge`: deletes every task of a queue. */
export async function tasksPurge(
  queue: string,
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { chosen, engine, queues } = deskOf(stack, options);
  const name = chosenOf(queue, queues, "queue", chosen);
  const purged = (await tasksOf(engine, name)).length;
  await ask(engine, "POST", `/v2/${name}:purge`);
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, queue: name, purged }));
  else terminal.out(`${short(name)}: ${purged === 1 ? "1 task" : `${purged} tasks`} deleted`);
  return EXIT.ok;
}
