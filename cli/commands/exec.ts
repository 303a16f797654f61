import { spawn } from "node:child_process";
import { constants } from "node:os";
import { IssuesError } from "../../contract/issue";
import type { Endpoints } from "../../local/engine/endpoints";
import { usage } from "../exit";
import { createProgress } from "../progress";
import type { EngineCommandOptions } from "../program";
import type { Signals } from "../signals";
import type { Terminal } from "../terminal";
import { startFor } from "./options";

/** `millrace exec`: runs a stack around another command and passes on how that ended. */
export async function exec(
  stack: string | undefined,
  command: readonly string[],
  options: EngineCommandOptions,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined)
    throw usage("exec", "there is no command to run", "put it after --, for example `millrace exec -- npm test`");
  const engine = await startFor(stack, options, terminal, createProgress(terminal));
  try {
    const env = { ...process.env, ...environmentOf(engine.endpoints, engine.endpointsFile) };
    return await runChild(program, args, env, signals);
  } finally {
    await engine.stop();
  }
}

/** What the command needs to reach the engine. */
const environmentOf = ({ pubsub, firestore, tasks, storage, project }: Endpoints, endpointsFile: string) => ({
  PUBSUB_EMULATOR_HOST: pubsub,
  FIRESTORE_EMULATOR_HOST: firestore,
  CLOUD_TASKS_EMULATOR_HOST: tasks,
  STORAGE_EMULATOR_HOST: storage,
  GOOGLE_CLOUD_PROJECT: project,
  MILLRACE_ENDPOINTS: endpointsFile,
});

/** @returns the exit code of the command; 128 + the signal's number if one ended it, as shells have it */
function runChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv, signals: Signals): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    // A terminal sends Ctrl-C to the command as well; whoever signals this process alone means both.
    signals.onFirst(() => child.kill("SIGTERM"));
    signals.onSecond(() => child.kill("SIGKILL"));
    child.once("error", (error) => {
      const problem = `cannot be started: ${error.message}`;
      const fix = "check the name after `--` and the PATH";
      reject(new IssuesError([{ code: "MR5003", severity: "error", path: program, problem, fix }]));
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
