import type { Command } from "commander";
import type { ExitCode } from "./exit";

export interface WorkflowOptions {
  readonly json?: boolean;
  readonly color?: boolean;
  readonly debug?: boolean;
}

export interface WorkflowRunOptions extends WorkflowOptions {
  /** JSON. */
  readonly argument?: string;
  readonly env: readonly string[];
  readonly stubs?: string;
  readonly seed?: string;
  /** Instant that the clock begins with. */
  readonly at?: string;
  readonly realTime?: boolean;
  readonly coverage?: boolean;
}

/** The commands about definitions of Google Cloud Workflows. */
export interface WorkflowCommands {
  workflowCheck(
    files: readonly string[],
    options: WorkflowOptions & { readonly inferred?: boolean },
  ): Promise<ExitCode>;
  workflowFmt(file: string, options: WorkflowOptions): Promise<ExitCode>;
  workflowGraph(file: string, options: WorkflowOptions): Promise<ExitCode>;
  workflowRun(file: string, options: WorkflowRunOptions): Promise<ExitCode>;
}

/** Adds `millrace workflow check|fmt|graph|run`. @param ended takes the exit code of the one that was called */
export function addWorkflowCommands(
  program: Command,
  commands: WorkflowCommands,
  ended: (exit: ExitCode) => void,
): void {
  const workflow = program
    .command("workflow")
    .helpGroup("Work:")
    .description("definitions of Google Cloud Workflows: check, format, draw and run them");
  const common = (command: Command): Command =>
    command.option("--no-color", "write without colours").option("--debug", "print stack traces");

  common(workflow.command("check"))
    .argument("<files...>", "definitions in YAML or JSON, or Terraform documents: *.tf.json")
    .description("say what is wrong with definitions")
    .option("--json", "one JSON document on stdout")
    .option("--inferred", "list the behaviour they rely on that Google does not document")
    .action(async (files: string[], options: WorkflowOptions & { inferred?: boolean }) => {
      ended(await commands.workflowCheck(files, options));
    });
  common(workflow.command("fmt"))
    .argument("<file>", "definition in YAML or JSON")
    .description("print a definition in its canonical form; comments are not kept")
    .option("--json", "JSON in one line instead of YAML")
    .action(async (file: string, options: WorkflowOptions) => {
      ended(await commands.workflowFmt(file, options));
    });
  common(workflow.command("graph"))
    .argument("<file>", "definition in YAML or JSON")
    .description("draw the control flow of a definition, as Mermaid")
    .option("--json", "nodes and edges as one JSON document")
    .action(async (file: string, options: WorkflowOptions) => {
      ended(await commands.workflowGraph(file, options));
    });
  common(workflow.command("run"))
    .argument("<file>", "definition in YAML or JSON")
    .description("run a definition; its sleeps take no time, its requests stay on this machine")
    .option("--argument <json>", "argument of main")
    .option("--env <name=value>", "variable of sys.get_env; may be repeated", collect, [])
    .option("--stubs <file>", "answers of connectors, callbacks and requests")
    .option("--seed <text>", "seed of every random choice")
    .option("--at <time>", "time that the execution begins at; now, if left out")
    .option("--real-time", "let sleeps and retries take their time")
    .option("--coverage", "say which steps and branches were taken, and which not")
    .option("--json", "one JSON document on stdout")
    .action(async (file: string, options: WorkflowRunOptions) => {
      ended(await commands.workflowRun(file, options));
    });
}

/** Values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
