import { runtimeError, WorkflowError } from "../../../language/workflows/error";
import { LIMITS } from "../../../language/workflows/limits";
import type { For, Parallel } from "../../../language/workflows/model";
import { described, isList, typeName, type Value } from "../../../language/workflows/value";
import { asNumber, toJson } from "./data";
import type { Line, Machine, Signal, Thread } from "./machine";

/** The values that a for goes over. @throws WorkflowError */
async function itemsOf(machine: Machine, { over }: For, thread: Thread): Promise<Iterable<Value>> {
  const value = await machine.template(over.value, thread);
  if (!isList(value)) throw runtimeError("TypeError", `${over.kind} needs a list, not ${described(typeName(value))}`);
  if (over.kind === "in") return value;
  if (value.length !== 2) throw runtimeError("ValueError", `a range has two ends, not ${value.length}`);
  return range(asNumber(value[0], "range"), asNumber(value[1], "range"));
}

function* range(first: bigint | number, last: bigint | number): Generator<Value> {
  if (typeof first === "bigint") for (let one = first; one <= last; one++) yield one;
  else for (let one = first; one <= last; one++) yield one;
}

const bind = (
  machine: Machine,
  loop: For,
  item: Value,
  index: number,
  outer: Thread,
  shared?: readonly string[],
  line?: Line,
): Thread => {
  const thread = machine.below(outer, shared, line);
  thread.vars.declare(loop.value, item);
  if (loop.index !== undefined) thread.vars.declare(loop.index, BigInt(index));
  return thread;
};

export async function runFor(machine: Machine, loop: For, thread: Thread): Promise<Signal> {
  let index = 0;
  for (const item of await itemsOf(machine, loop, thread)) {
    const inner = bind(machine, loop, item, index++, thread);
    const signal = await machine.block(loop.steps, inner).finally(() => inner.vars.drop());
    if (signal?.kind === "break") return undefined;
    if (signal && signal.kind !== "continue") return signal;
  }
  return undefined;
}

/** Errors that nothing in a branch caught, over a whole execution. */
const MAX_UNHANDLED = 100;

export async function runParallel(machine: Machine, step: Parallel, thread: Thread): Promise<Signal> {
  const parallel = thread.parallel + 1;
  if (parallel > LIMITS.parallelNesting)
    throw runtimeError("ParallelNestingError", `parallel steps are nested more than ${LIMITS.parallelNesting} deep`);
  const limit = await limitOf(machine, step, thread);
  const failures: Value[] = [];
  let own = 0;
  const queue: (() => void)[] = [];
  const run = async (id: string, begin: () => Promise<Signal>) => {
    if (own >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    own++;
    await acquire(machine);
    try {
      await begin();
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      machine.unhandled++;
      failures.push(failure(machine, id, error));
    } finally {
      release(machine);
      own--;
      queue.shift()?.();
    }
  };
  // A branch that waits for its own branches does not run, so it leaves its place to them.
  if (thread.parallel > 0) release(machine);
  await Promise.all(await branches(machine, step, { ...thread, parallel }, run));
  if (thread.parallel > 0) await acquire(machine);
  if (machine.unhandled > MAX_UNHANDLED)
    throw runtimeError("ResourceLimitError", `more than ${MAX_UNHANDLED} errors in branches were not caught`);
  if (failures.length === 0) return undefined;
  throw new WorkflowError(
    new Map<string, Value>([
      ["message", "UnhandledBranchError: One or more branches or iterations encountered an unhandled runtime error"],
      ["tags", ["UnhandledBranchError", "RuntimeError"]],
      ["branches", failures],
      ["truncated", false],
    ]),
  );
}

type Run = (id: string, begin: () => Promise<Signal>) => Promise<void>;

async function branches(machine: Machine, step: Parallel, thread: Thread, run: Run): Promise<Promise<void>[]> {
  const { work, shared } = step;
  const fork = machine.key(thread);
  const line = (index: number): Line => ({ id: `${fork}.${index}`, asked: 0 });
  if ("branches" in work)
    return work.branches.map(({ name, steps }, index) =>
      run(name, () => {
        const inner = machine.below(thread, shared, line(index));
        return machine.block(steps, inner).finally(() => inner.vars.drop());
      }),
    );
  const items: Value[] = [];
  for (const item of await itemsOf(machine, work.loop, thread)) {
    // Each takes a step at least, so the execution could not end.
    if (items.length === LIMITS.steps)
      throw runtimeError("ResourceLimitError", `a parallel step of more than ${LIMITS.steps} iterations`);
    items.push(item);
  }
  return items.map((item, index) =>
    run(String(index), () => {
      const inner = bind(machine, work.loop, item, index, thread, shared, line(index));
      return machine.block(work.loop.steps, inner).finally(() => inner.vars.drop());
    }),
  );
}

async function limitOf(machine: Machine, { concurrencyLimit }: Parallel, thread: Thread): Promise<number> {
  if (!concurrencyLimit) return Infinity;
  const limit = await machine.template(concurrencyLimit, thread);
  if (typeof limit === "bigint" && limit > 0n) return Number(limit);
  throw runtimeError("ValueError", "concurrency_limit must be a whole number above 0");
}

async function acquire(machine: Machine): Promise<void> {
  if (machine.running >= LIMITS.concurrency) await new Promise<void>((resolve) => machine.waiting.push(resolve));
  else machine.running++;
}

/** Hands the place to whoever waits first. */
function release(machine: Machine): void {
  const next = machine.waiting.shift();
  if (next) next();
  else machine.running--;
}

function failure(machine: Machine, id: string, error: WorkflowError): Value {
  const [at] = machine.stackOf(error);
  const context = at ? `in step "${at.step}", routine "${at.routine}", line: ${at.at.line}` : "";
  return new Map<string, Value>([
    ["id", id],
    [
      "error",
      new Map<string, Value>([
        ["context", context],
        ["payload", toJson(error.value)],
      ]),
    ],
  ]);
}
