import { type Issue, IssuesError } from "../../contract/issue";
import type { Endpoints } from "../../local/engine/endpoints";
import { runningEngines } from "../../local/engine/running";
import type { CommonOptions } from "../program";

/** The engine that runs a stack, undefined when none does. */
export const engineOf = (stack: string, { state }: Pick<CommonOptions, "state">): Endpoints | undefined =>
  runningEngines(state).find((engine) => engine.stack === stack);

/** @throws IssuesError MR5005 when no engine runs the stack */
export function requireEngine(stack: string, options: Pick<CommonOptions, "state">): Endpoints {
  const engine = engineOf(stack, options);
  if (engine) return engine;
  const problem = `no engine runs ${stack} with its state in ${options.state}`;
  const fix = `start it with \`millrace dev ${stack}\`, or name the folder of its state with --state`;
  throw new IssuesError([{ code: "MR5005", severity: "error", path: stack, problem, fix }]);
}

/**
 * Asks one of the engine's REST surfaces.
 * @throws IssuesError MR5006 with what the engine says against it
 */
export async function ask(engine: Endpoints, method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
  const sent = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`http://${engine.pubsub}${path}`, { method, ...sent });
  const answer = (await response.json()) as {
    readonly error?: { readonly message: string };
    readonly issues?: readonly Issue[];
  };
  if (response.ok) return answer;
  if (answer.issues) throw new IssuesError(answer.issues);
  const problem = answer.error?.message ?? `the engine answers ${response.status}`;
  const fix = "look at what there is with the ls command of the same name";
  throw new IssuesError([{ code: "MR5006", severity: "error", path, problem, fix }]);
}
