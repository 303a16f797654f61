import { evaluate, type Scope, withValue } from "../../../language/workflows/evaluate";
import { runtimeError, WorkflowError } from "../../../language/workflows/error";
import { signatureOf } from "../../../language/workflows/functions";
import { LIMITS } from "../../../language/workflows/limits";
import type { Action, Body, Call, Jump, Routine, Step, Target, Template } from "../../../language/workflows/model";
import { asBoolean } from "../../../language/workflows/operators";
import type { Value } from "../../../language/workflows/value";
import type { Timer } from "../clock";
import { blockers } from "./blockers";
import { noHistory } from "./history";
import type { ExecutionOptions, StackFrame } from "./execution";
import { runFor, runParallel } from "./loops";
import { paramsOf, type Program } from "./program";
import { LIBRARY_VALUES } from "./retry";
import { StepLimitError } from "./step-limit";
import { expressionValue, named, valueOf } from "./templates";
import type { LibraryFunction } from "./text";
import { runTry } from "./try";
import { type Memory, variables, type Variables } from "./variables";

/** What a step means for those around it; nothing when the next one follows. */
export type Signal =
  | { readonly kind: "goto"; readonly target: string }
  | { readonly kind: "return"; readonly value: Value }
  | { readonly kind: "break" | "continue" }
  | undefined;

export type Later<T> = T | Promise<T>;

/** One line of steps: a routine, or a branch or iteration of it. */
export interface Thread {
  readonly routine: string;
  readonly vars: Variables;
  readonly scope: Scope;
  /** Calls within each other. */
  readonly depth: number;
  /** Parallel steps within each other. */
  readonly parallel: number;
  readonly caller?: Thread;
  readonly line: Line;
  step?: Step;
}

/** What runs one step at a time: an execution, or one of its branches. It counts what it asks the world, and how often it forks. */
export interface Line {
  readonly id: string;
  asked: number;
}

type Options = ExecutionOptions & Required<Pick<ExecutionOptions, "transport" | "stubs">>;

/** Of what the library gives, that which another time would be different. */
const CHANGING: ReadonlySet<string> = new Set(["sys.now", "uuid.generate"]);

/** The state of one execution. */
export class Machine {
  steps = 0;
  outside = 0;
  /** Pauses before a retry. */
  retrying = 0;
  /** Branches and iterations that run now. */
  running = 0;
  readonly waiting: (() => void)[] = [];
  /** Errors of branches that nothing within them caught. */
  unhandled = 0;
  readonly memory: Memory = { bytes: 0 };
  private readonly stacks = new WeakMap<object, readonly StackFrame[]>();
  private readonly timers = new Set<Timer>();
  private stopped = false;
  private root?: Thread;

  constructor(
    readonly program: Program,
    readonly library: Readonly<Record<string, LibraryFunction>>,
    readonly options: Options,
  ) {}

  main(argument: Value): Promise<Value> {
    const main = this.program.routines.get("main")!;
    return this.call(main, new Map(main.params.map(({ name }) => [name, argument] as const)), undefined);
  }

  /** Nothing that still waits goes on. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    this.options.callbacks?.close?.();
  }

  /** The steps of the execution's own line that are under way. */
  current(): readonly StackFrame[] {
    return this.root ? framesOf(this.root).reverse() : [];
  }

  stackOf(error: object): readonly StackFrame[] {
    return this.stacks.get(error) ?? [];
  }

  /** Asks the world for what the clock does not decide: once, however often the execution is gone through again. */
  async beyond(thread: Thread, ask: () => Later<Value>): Promise<Value> {
    this.outside++;
    try {
      return await this.history.told(this.key(thread), async () => ask());
    } finally {
      this.outside--;
    }
  }

  /** Asks for something that may take its time: a week, or until somebody answers. */
  patiently(thread: Thread, ask: (key: string) => Promise<Value>): Promise<Value> {
    const key = this.key(thread);
    return this.history.told(key, () => ask(key));
  }

  /** The next question of a line of steps. */
  key({ line }: Thread): string {
    return `${line.id}:${line.asked++}`;
  }

  sleep(thread: Thread, seconds: number): Promise<Value> {
    const { clock } = this.options;
    return this.patiently(thread, (key) => {
      const delayMs = this.dueOf(key, seconds) - clock.now();
      return new Promise((resolve) => {
        const timer = clock.after(Math.max(0, delayMs), () => {
          this.timers.delete(timer);
          resolve(null);
        });
        this.timers.add(timer);
      });
    });
  }

  /** When a wait that begins now ends, engine milliseconds; one that began before a restart ends as it would have. */
  dueOf(key: string, seconds: number): number {
    return this.history.due(key, this.options.clock.now() + seconds * 1_000);
  }

  private get history() {
    return this.options.history ?? noHistory;
  }

  thread(from: Omit<Thread, "scope">): Thread {
    const { vars } = from;
    const scope: Scope = {
      lookup(name) {
        const value = vars.get(name);
        return value === undefined && Object.hasOwn(LIBRARY_VALUES, name) ? LIBRARY_VALUES[name] : value;
      },
      call: (name, args) => this.pure(name, args, from.line),
    };
    return { ...from, scope };
  }

  /** A thread with variables of its own below those of another. */
  below(thread: Thread, shared?: readonly string[], line: Line = thread.line): Thread {
    const { step: _, ...rest } = thread;
    return this.thread({ ...rest, line, vars: variables(this.memory, thread.vars, shared) });
  }

  async call(routine: Routine, args: ReadonlyMap<string, Value>, caller: Thread | undefined): Promise<Value> {
    const depth = (caller?.depth ?? -1) + 1;
    if (depth > LIMITS.callDepth)
      throw runtimeError("RecursionError", `calls are nested more than ${LIMITS.callDepth} deep`);
    const vars = variables(this.memory);
    const thread = this.thread({
      routine: routine.name,
      vars,
      depth,
      parallel: caller?.parallel ?? 0,
      line: caller?.line ?? { id: "", asked: 0 },
      ...(caller && { caller }),
    });
    if (!caller) this.root = thread;
    for (const { name, default: otherwise } of routine.params) {
      const value = args.get(name) ?? (args.has(name) ? null : otherwise && (await this.template(otherwise, thread)));
      if (value === undefined) throw runtimeError("TypeError", `${routine.name} lacks its argument "${name}"`);
      vars.declare(name, value);
    }
    try {
      const signal = await this.block(routine.steps, thread);
      return signal?.kind === "return" ? signal.value : null;
    } finally {
      this.options.onLeave?.({ routine: routine.name, variables: vars.own() });
      vars.drop();
    }
  }

  /** Steps one after the other. @param enter the step to begin with, in this block or below it */
  async block(steps: readonly Step[], thread: Thread, enter?: string): Promise<Signal> {
    let target = enter;
    for (let index = target === undefined ? 0 : this.program.indexOf(steps, target); index < steps.length;) {
      const step = steps[index]!;
      const begun = this.step(step, thread, target === step.name ? undefined : target);
      const signal = begun instanceof Promise ? await begun : begun;
      target = undefined;
      index++;
      if (!signal) continue;
      const to = signal.kind === "goto" ? this.program.indexOf(steps, signal.target) : -1;
      if (signal.kind !== "goto" || to < 0) return signal;
      index = to;
      target = signal.target;
    }
    return undefined;
  }

  private step(step: Step, thread: Thread, enter: string | undefined): Later<Signal> {
    if (this.stopped) return new Promise(() => {});
    if (++this.steps > LIMITS.steps) throw this.noted(new StepLimitError(), thread);
    thread.step = step;
    this.options.onStep?.({
      routine: thread.routine,
      step: step.name,
      kind: step.action.kind,
      at: this.options.clock.now(),
    });
    try {
      const signal = this.body(step, thread, enter);
      return signal instanceof Promise
        ? signal.catch((error: unknown) => {
            throw this.noted(error, thread);
          })
        : signal;
    } catch (error) {
      throw this.noted(error, thread);
    }
  }

  /** Remembers where an error came from, the first time that it passes. */
  private noted(error: unknown, thread: Thread): unknown {
    if (typeof error !== "object" || error === null || this.stacks.has(error)) return error;
    this.stacks.set(error, framesOf(thread));
    return error;
  }

  body(body: Body, thread: Thread, enter?: string): Later<Signal> {
    const signal = this.action(body.action, thread, enter);
    const { next } = body;
    if (!next) return signal;
    if (signal instanceof Promise) return signal.then((one) => one ?? jump(next));
    return signal ?? jump(next);
  }

  private action(action: Action, thread: Thread, enter: string | undefined): Later<Signal> {
    switch (action.kind) {
      case "assign":
        return this.assign(action.assignments, thread);
      case "call":
        return this.callStep(action, thread);
      case "switch":
        return this.switch(action, thread, enter);
      case "for":
        return runFor(this, action.loop, thread);
      case "parallel":
        return runParallel(this, action, thread);
      case "try":
        return runTry(this, action, thread, enter);
      case "raise":
        return after(this.template(action.value, thread), raise);
      case "return":
        return after(this.template(action.value, thread), (value) => ({ kind: "return", value }));
      case "steps":
        return this.block(action.steps, thread, enter);
      default:
        return undefined;
    }
  }

  /** One assignment is evaluated and stored without a pause, unless it waits for a sub-workflow. */
  private assign(
    assignments: Extract<Action, { kind: "assign" }>["assignments"],
    thread: Thread,
    from = 0,
  ): Later<Signal> {
    for (let index = from; index < assignments.length; index++) {
      const { target, value } = assignments[index]!;
      const done = after(this.template(value, thread), (one) => this.store(target, one, thread));
      if (done instanceof Promise) return done.then(() => this.assign(assignments, thread, index + 1));
    }
    return undefined;
  }

  store(target: Target, value: Value, thread: Thread): Later<undefined> {
    const { name, path } = target;
    const { vars, scope } = thread;
    if (path.length === 0) {
      vars.set(name, value);
      return undefined;
    }
    const finish = (keys: readonly Value[]): undefined => {
      const root = vars.get(name);
      if (root === undefined) throw runtimeError("KeyError", `the variable ${name} is not set`);
      vars.set(name, withValue(root, keys, value));
      return undefined;
    };
    if (!path.some((key) => this.program.waits(key))) return finish(path.map((key) => evaluate(key, scope)));
    return this.keys(path, thread).then(finish);
  }

  private async keys(path: Target["path"], thread: Thread): Promise<readonly Value[]> {
    const keys: Value[] = [];
    for (const key of path) keys.push(await expressionValue(this, key, thread));
    return keys;
  }

  private async switch(action: Extract<Action, { kind: "switch" }>, thread: Thread, enter?: string): Promise<Signal> {
    const { cases } = action;
    const { onBranch } = this.options;
    for (const [way, one] of cases.entries()) {
      if (
        enter === undefined
          ? asBoolean(await this.template(one.condition, thread), "condition")
          : this.program.holds(one, enter)
      ) {
        onBranch?.({ action, way });
        return this.body(one, thread, enter);
      }
    }
    onBranch?.({ action, way: "else" });
    return undefined;
  }

  /** @throws WorkflowError */
  template(template: Template, thread: Thread): Later<Value> {
    return valueOf(this, template, thread);
  }

  private async callStep(call: Call, thread: Thread): Promise<Signal> {
    const { function: name } = call;
    const routine = this.program.routines.get(name);
    const params = routine ? paramsOf(routine) : signatureOf(name)?.params;
    let args: ReadonlyMap<string, Value>;
    if ("positional" in call.args) {
      const values: Value[] = [];
      for (const one of call.args.positional) values.push(await this.template(one, thread));
      args = named(name, params ?? [], values);
    } else {
      const values = new Map<string, Value>();
      for (const [key, one] of call.args.named) values.set(key, await this.template(one, thread));
      args = values;
    }
    const result = await this.invoke(name, routine, args, thread);
    if (call.result) await this.store(call.result, result, thread);
    return undefined;
  }

  /** Calls a function of the library that does not block. @throws WorkflowError */
  private pure(name: string, args: readonly Value[], line: Line): Value {
    if (CHANGING.has(name) && this.options.history)
      return this.history.known(`${line.id}:${line.asked++}`, () => this.library[name]!(...args));
    try {
      return this.library[name]!(...args);
    } catch (error) {
      // JavaScript holds no string of more than 512 MB; Google's limit is far below.
      if (error instanceof RangeError) throw runtimeError("ResourceLimitError", `the result of ${name} is too large`);
      throw error;
    }
  }

  invoke(name: string, routine: Routine | undefined, args: ReadonlyMap<string, Value>, thread: Thread): Later<Value> {
    if (routine) return this.call(routine, args, thread);
    const { stubs, onCall } = this.options;
    const place = `${thread.routine}/${thread.step?.name ?? ""}`;
    const stub = [place, name].map((key) => (Object.hasOwn(stubs, key) ? stubs[key] : undefined)).find(Boolean);
    const signature = signatureOf(name);
    if (stub || !signature || signature.blocking)
      onCall?.({ function: name, routine: thread.routine, step: thread.step?.name ?? "", args });
    if (stub) return this.beyond(thread, () => stub(args));
    if (!signature || signature.blocking || !Object.hasOwn(this.library, name))
      return blockers(name, args, this, thread);
    const values = signature.params.map((param) => args.get(param.name));
    return this.pure(name, values as Value[], thread.line);
  }
}

const jump = ({ target }: Jump): Signal => {
  if (target === "end") return { kind: "return", value: null };
  if (target === "break" || target === "continue") return { kind: target };
  return { kind: "goto", target };
};

/** The steps of a line, innermost first. */
function framesOf(thread: Thread): StackFrame[] {
  const frames: StackFrame[] = [];
  for (let one: Thread | undefined = thread; one; one = one.caller)
    if (one.step) frames.push({ routine: one.routine, step: one.step.name, at: one.step.at });
  return frames;
}

function raise(value: Value): never {
  throw new WorkflowError(value);
}

/** `next` of a value that is there, or that comes. */
const after = <T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> =>
  value instanceof Promise ? value.then(next) : next(value);
