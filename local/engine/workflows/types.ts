/** A workflow as a resource asks for it. */
export interface WorkflowConfig {
  /** `projects/{project}/locations/{region}/workflows/{workflow}` */
  readonly name: string;
  /** The definition, YAML or JSON. */
  readonly source: string;
  /** Identity of its requests; nothing for Google's default. */
  readonly serviceAccountEmail?: string;
  /** The project's number. */
  readonly projectNumber: string;
  /** The user's variables of `sys.get_env`. */
  readonly env: Readonly<Record<string, string>>;
}

/** One state of a workflow's definition; an execution keeps the one it began with. */
export interface Revision {
  /** `000001-a1b`, as Google counts them. */
  readonly id: string;
  readonly config: WorkflowConfig;
}

export type ExecutionState = "ACTIVE" | "SUCCEEDED" | "FAILED" | "CANCELLED";

/** google/cloud/workflows/executions/v1/executions.proto, `Execution`; instants are engine milliseconds. */
export interface ExecutionRecord {
  /** `{workflow}/executions/{execution}` */
  readonly name: string;
  readonly state: ExecutionState;
  readonly revision: string;
  readonly startMs: number;
  readonly endMs?: number;
  /** JSON. */
  readonly argument: string;
  /** JSON. */
  readonly result?: string;
  readonly error?: ExecutionError;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ExecutionError {
  /** JSON of what was raised. */
  readonly payload: string;
  /** For a person. */
  readonly context: string;
  readonly stack: readonly StackElement[];
}

export interface StackElement {
  readonly step: string;
  readonly routine: string;
  readonly line: number;
  readonly column: number;
}

/** What starts an execution. */
export interface NewExecution {
  /** JSON. @default null */
  readonly argument?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Bytes of an argument. Google's API page says 32 KB; events of up to 512 KB are known to start workflows. */
export const MAX_ARGUMENT = 512 * 1_024;

/** Ended executions of a workflow that are kept; Google keeps them for 90 days. */
export const KEPT_EXECUTIONS = 1_000;

export const workflowOf = (execution: string): string => execution.slice(0, execution.lastIndexOf("/executions/"));

export const idOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
