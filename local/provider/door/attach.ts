import { type Issue, IssuesError } from "../../../contract/issue";
import type { Endpoints } from "../../engine/endpoints";
import { startEngine, type Engine } from "../../engine/engine";
import { holderOfLock } from "../../engine/lock";
import { statePaths } from "../../engine/paths";
import { runningEngines } from "../../engine/running";
import { busy } from "../../engine/sessions";

/** An engine as a Terraform command needs it. */
export interface Attached {
  /** What Terraform must find in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether what is applied goes on running when the command is over. */
  readonly lasting: boolean;
  /** @returns what is to be said about what runs now */
  end(): Promise<readonly Issue[]>;
}

export interface AttachOptions {
  readonly stack: string;
  /** Absolute. */
  readonly outDir: string;
  readonly stateDir: string;
  readonly strict: boolean;
  /** One that runs in this process. @default the one that runs the stack, or one for this command alone */
  readonly engine?: Pick<Engine, "terraform" | "warnings">;
}

/** @throws IssuesError MR4303 when another command runs on the stack, and as `startEngine` */
export async function attach(options: AttachOptions): Promise<Attached> {
  const { stack, outDir, stateDir, strict, engine } = options;
  if (engine) return within(engine, true, options);
  const running = runningEngines(stateDir).find((one) => one.stack === stack);
  if (running) return from(running, options);
  const own = await startEngine({ stack, outDir, stateDir, door: "terraform", dormant: true }).catch(
    (error: unknown) => {
      const held = error instanceof IssuesError && error.issues.some(({ code }) => code === "MR4101");
      throw held ? new IssuesError([busy(stack, holderOfLock(statePaths(stateDir, stack).lock)?.pid)]) : error;
    },
  );
  try {
    const attached = await within(own, false, { outDir, strict });
    return { ...attached, end: () => attached.end().finally(() => own.stop()) };
  } catch (error) {
    await own.stop();
    throw error;
  }
}

async function within(
  engine: Pick<Engine, "terraform" | "warnings">,
  lasting: boolean,
  { outDir, strict }: Pick<AttachOptions, "outDir" | "strict">,
): Promise<Attached> {
  const session = await engine.terraform({ outDir, strict });
  return {
    environment: session.environment,
    lasting,
    async end() {
      await session.close();
      return engine.warnings;
    },
  };
}

/** Attaches to the engine of another process; it lets go when this one dies. */
async function from({ control }: Endpoints, { outDir, strict }: AttachOptions): Promise<Attached> {
  const query = new URLSearchParams({ out: outDir, pid: String(process.pid), strict: String(strict) });
  const leave = new AbortController();
  const response = await fetch(`${control}/terraform?${query.toString()}`, { method: "POST", signal: leave.signal });
  if (!response.ok) throw await refusal(response);
  const lines = response.body!.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  const { environment } = JSON.parse(text) as Pick<Attached, "environment">;
  return {
    environment,
    lasting: true,
    async end() {
      try {
        const answer = await fetch(`${control}/terraform/end`, { method: "POST" });
        return ((await answer.json()) as { readonly warnings: readonly Issue[] }).warnings;
      } catch {
        // It is gone, and what it had to say with it; Terraform has said so.
        return [];
      } finally {
        leave.abort();
      }
    },
  };
}

async function refusal(response: Response): Promise<Error> {
  const body = (await response.json()) as { readonly issues?: readonly Issue[]; readonly error?: { message: string } };
  return body.issues
    ? new IssuesError(body.issues)
    : new Error(body.error?.message ?? `the engine answers ${response.status}`);
}

/** Lets engines of stacks that use this one's outputs know that it has changed. */
export async function tellDependents(stateDir: string, stack: string): Promise<void> {
  const dependents = runningEngines(stateDir).filter((one) => one.stack !== stack && one.stacks.includes(stack));
  // What is wrong there now is for those who run it.
  await Promise.allSettled(dependents.map(({ control }) => fetch(`${control}/reload`, { method: "POST" })));
}
