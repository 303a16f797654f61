import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { MillraceStack } from "../../constructs";
import { type Environment, type Synthesis, synthesize, type SynthesisOptions } from "../../stacks";
import { root } from "../repo/tree";
import { project } from "./project";

/** Names of the folders of `examples/`. */
export const EXAMPLES: readonly string[] = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

type StackClass = new (app: App, environment: Environment | string) => MillraceStack;

export interface ExampleOptions {
  /** Of the app, over the day on which it is synthesized. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Takes the repository's environments for an example that has none of its own, rather than `local` alone. */
  readonly everywhere?: boolean;
}

/**
 * Writes the stacks of an example in every environment that is its own. By convention `stack.ts` exports the class of
 * its stack, and `WORKLOADS` if environment files may override some; without it the stack takes an environment's name.
 */
export function synthesizeExample(
  name: string,
  { context = {}, everywhere = false }: ExampleOptions = {},
): Pick<Synthesis, "stacks" | "outdir"> {
  const home = join(root, "examples", name);
  const file = join(home, "stack.ts");
  if (!existsSync(file)) throw new Error(`examples/${name} has no stack.ts, so nobody knows what it deploys`);
  const module = require(file) as Readonly<Record<string, unknown>>;
  const isStack = (value: unknown): value is StackClass =>
    typeof value === "function" && value.prototype instanceof MillraceStack;
  const [Stack, ...others] = Object.values(module).filter(isStack);
  if (!Stack || others.length > 0)
    throw new Error(`${file} exports ${others.length + (Stack ? 1 : 0)} stacks, not one`);
  const outdir = project({}, "cdktf.out");
  const all = { "millrace:today": "2026-11-24", ...context };
  const workloads = module["WORKLOADS"] as SynthesisOptions["workloads"];
  if (!workloads) {
    mkdirSync(outdir, { recursive: true });
    const app = new App({ outdir, context: all });
    const { id } = new Stack(app, "dev").node;
    app.synth();
    return { stacks: [id], outdir };
  }
  const own = join(home, "environments");
  // The repository's environment files override workloads of the webhooks, which are no matter to others.
  const files = existsSync(own)
    ? { workloads, folder: own }
    : name === "webhooks"
      ? { workloads }
      : everywhere
        ? {}
        : { workloads, only: "local" };
  return synthesize({
    outdir,
    context: all,
    build: (app, environment) => new Stack(app, environment),
    ...files,
  });
}
