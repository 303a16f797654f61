import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { MillraceStack } from "../../constructs";
import { type Environment, type Synthesis, synthesize, type SynthesisOptions } from "../../stacks";
import { root } from "../repo/tree";
import { project } from "./project";

/** Names of the folders of `examples/`. */
export const EXAMPLES: readonly string[] = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

type StackClass = new (app: App, environment: Environment) => MillraceStack;

/**
 * Writes the stacks of an example in every environment. By convention `stack.ts` exports the class of its stack, and
 * `WORKLOADS` if environments may override some.
 */
export function synthesizeExample(name: string, context: Readonly<Record<string, unknown>> = {}): Synthesis {
  const file = join(root, "examples", name, "stack.ts");
  if (!existsSync(file)) throw new Error(`examples/${name} has no stack.ts, so nobody knows what it deploys`);
  const module = require(file) as Readonly<Record<string, unknown>> & Pick<SynthesisOptions, "workloads">;
  const isStack = (value: unknown): value is StackClass =>
    typeof value === "function" && value.prototype instanceof MillraceStack;
  const stacks = Object.values(module).filter(isStack);
  const [Stack] = stacks;
  if (!Stack || stacks.length > 1) throw new Error(`${file} exports ${stacks.length} stacks, not one`);
  const { WORKLOADS: workloads } = module as { readonly WORKLOADS?: SynthesisOptions["workloads"] };
  return synthesize({
    outdir: project({}, "cdktf.out"),
    ...(workloads && { workloads }),
    context: { "millrace:today": "2026-11-24", ...context },
    build: (app, environment) => new Stack(app, environment),
  });
}
