import { mkdirSync } from "node:fs";
import { App } from "cdktf";
import type { Issue } from "../contract/issue";
import { findingsOf, type MillraceStack } from "../constructs";
import type { Environment } from "./environment";
import { loadEnvironments, type LoadOptions } from "./load-environments";

export interface SynthesisOptions extends LoadOptions {
  /** Folder that the stacks are written to, as `stacks/<stack>/cdk.tf.json`. @default $CDKTF_OUTDIR, else "cdktf.out" */
  readonly outdir?: string;
  /** Context of the app, see `constructs`. @default none */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Makes the stack of one environment. */
  readonly build: (app: App, environment: Environment) => MillraceStack;
}

/** What a synth wrote. */
export interface Synthesis {
  /** Ids of the stacks, in the order of their environments. */
  readonly stacks: readonly string[];
  /** Folder that they were written to. */
  readonly outdir: string;
  readonly warnings: readonly Issue[];
}

/**
 * Reads the environments, builds a stack for each and writes the plans; the same files as `cdktf synth` writes.
 * @throws IssuesError with everything that is wrong, in the files or in the constructs of any stack; nothing is written
 */
export function synthesize({ build, outdir, context, ...load }: SynthesisOptions): Synthesis {
  const { environments, warnings } = loadEnvironments(load);
  const folder = outdir ?? process.env["CDKTF_OUTDIR"] ?? "cdktf.out";
  // cdktf makes the folder, but not those above it.
  mkdirSync(folder, { recursive: true });
  const app = new App({ outdir: folder, context: { ...context } });
  const stacks = environments.map((environment) => build(app, environment).node.id);
  app.synth();
  return { stacks, outdir: folder, warnings: [...warnings, ...findingsOf(app).warnings] };
}
