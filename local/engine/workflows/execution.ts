import { WorkflowError } from "../../../language/workflows/error";
import type { Position } from "../../../language/workflows/fault";
import type { Workflow } from "../../../language/workflows/model";
import { isMap, type Value } from "../../../language/workflows/value";
import type { Clock, VirtualClock } from "../clock";
import type { Random } from "../random";
import type { Callbacks } from "./callbacks";
import type { BranchEvent } from "./coverage";
import { toJson } from "./data";
import type { History } from "./history";
import { loopbackTransport, type Transport } from "./http";
import { libraryOf, type LogEntry } from "./library";
import { Machine } from "./machine";
import { programOf } from "./program";
import { StepLimitError } from "./step-limit";

/** Stands in for a function that leaves the workflow: a connector, a request, a callback. Throw a WorkflowError to fail. */
export type Stub = (args: ReadonlyMap<string, Value>) => Value | Promise<Value>;

/** A call of a function that is not the library's own. */
export interface CallEvent {
  readonly function: string;
  readonly routine: string;
  readonly step: string;
  readonly args: ReadonlyMap<string, Value>;
}

/** A step as it begins. */
export interface StepEvent {
  readonly routine: string;
  readonly step: string;
  /** What the step does: `assign`, `call`, … */
  readonly kind: string;
  /** Engine milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface ExecutionOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Argument of main. @default null */
  readonly argument?: Value;
  /** What `sys.get_env` knows. @default nothing */
  readonly env?: Readonly<Record<string, string>>;
  /** Sends what no stub answers. @default requests to this machine alone */
  readonly transport?: Transport;
  /** By routine and step, `main/charge`, or by the function, `googleapis.pubsub.v1.projects.topics.publish`. */
  readonly stubs?: Readonly<Record<string, Stub>>;
  /** Answers calls of functions that have neither a stub nor an implementation of the library. @default nothing does */
  readonly connector?: (name: string) => Stub | undefined;
  /** Makes endpoints for callbacks. @default a stub must stand in */
  readonly callbacks?: Callbacks;
  /** What an execution was told before it was interrupted. @default nothing is kept */
  readonly history?: History;
  readonly onStep?: (event: StepEvent) => void;
  /** A switch has chosen, or an except has caught. */
  readonly onBranch?: (event: BranchEvent) => void;
  /** A routine ends, with its variables as they are. */
  readonly onLeave?: (event: { readonly routine: string; readonly variables: ReadonlyMap<string, Value> }) => void;
  /** A function that waits, or a stub, is called. */
  readonly onCall?: (event: CallEvent) => void;
  readonly onLog?: (entry: LogEntry & { readonly routine: string; readonly step: string }) => void;
  /** A step failed and waits for its next try. */
  readonly onRetry?: (event: {
    readonly routine: string;
    readonly step: string;
    readonly delaySeconds: number;
  }) => void;
}

export interface StackFrame {
  readonly routine: string;
  readonly step: string;
  readonly at: Position;
}

/** How an execution ended, in Google's terms. */
export type Outcome =
  | { readonly state: "SUCCEEDED"; readonly result: Value; readonly steps: number }
  | {
      readonly state: "FAILED";
      /** What was raised, what a person reads of it, and where it came from, innermost first. */
      readonly error: { readonly payload: Value; readonly context: string; readonly stack: readonly StackFrame[] };
      readonly steps: number;
    };

export interface Execution {
  /** @throws IssuesError MR6101 for a function without a stub, MR6102 for a request to another machine */
  readonly outcome: Promise<Outcome>;
  /** Number of requests and stubs that have not answered: the clock does not decide when they do. */
  outside(): number;
  /** Whether something is under way that ends by itself, soon: a request, a stub, a pause before a retry. */
  busy(): boolean;
  /** The steps that are under way, innermost last. */
  steps(): readonly StackFrame[];
  /** Nothing that still waits goes on; the outcome never comes. */
  stop(): void;
}

/** Runs a definition that the checker found no errors in. */
export function startExecution(workflow: Workflow, options: ExecutionOptions): Execution {
  const { clock, random, env = {}, transport = loopbackTransport, stubs = {} } = options;
  const library = libraryOf({ clock, random, env });
  const machine = new Machine(programOf(workflow), library, { ...options, transport, stubs });
  return {
    outcome: conclude(machine, options.argument ?? null),
    outside: () => machine.outside,
    busy: () => machine.outside > 0 || machine.retrying > 0,
    steps: () => machine.current(),
    stop: () => machine.stop(),
  };
}

async function conclude(machine: Machine, argument: Value): Promise<Outcome> {
  try {
    const result = await machine.main(argument);
    // A result is stored as JSON, so bytes fail here and not in the reader's hands.
    toJson(result);
    return { state: "SUCCEEDED", result, steps: machine.steps };
  } catch (error) {
    if (!(error instanceof WorkflowError || error instanceof StepLimitError)) throw error;
    const stack = machine.stackOf(error);
    const [innermost] = stack;
    const where = innermost
      ? `in step "${innermost.step}", routine "${innermost.routine}", line: ${innermost.at.line}`
      : "in main";
    return {
      state: "FAILED",
      error: { payload: error.value, context: `${textOf(error.value)}\n${where}`, stack },
      steps: machine.steps,
    };
  } finally {
    machine.stop();
  }
}

function textOf(payload: Value): string {
  const message = isMap(payload) ? payload.get("message") : payload;
  return typeof message === "string" ? message : "the execution raised an error";
}

/**
 * Runs an execution to its end on a clock that jumps from timer to timer, and waits for the real world in between.
 * @throws as `outcome` does
 */
export async function runToEnd(execution: Execution, clock: VirtualClock): Promise<Outcome> {
  const state = { done: false };
  const end = execution.outcome.finally(() => (state.done = true));
  // Whoever awaits the result below reports it; here it only must not count as unhandled.
  end.catch(() => {});
  while (!state.done) {
    await new Promise((resolve) => setImmediate(resolve));
    const next = clock.next();
    if (!state.done && next !== undefined && execution.outside() === 0) await clock.advance(next - clock.now());
  }
  return end;
}
