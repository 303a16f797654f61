import { evaluate, type Scope, withValue } from "../../../language/workflows/evaluate";
import { runtimeError, WorkflowError } from "../../../language/workflows/error";
import { childrenOf, type Expression, withChildren } from "../../../language/workflows/expression";
import { type Param, signatureOf } from "../../../language/workflows/functions";
import { LIMITS } from "../../../language/workflows/limits";
import type { Action, Body, Call, Jump, Routine, Step, Target, Template } from "../../../language/workflows/model";
import { asBoolean } from "../../../language/workflows/operators";
import { described, typeName, type Value } from "../../../language/workflows/value";
import { blockers } from "./blockers";
import type { ExecutionOptions, StackFrame } from "./execution";
import { runFor, runParallel } from "./loops";
import { paramsOf, type Program } from "./program";
import { LIBRARY_VALUES } from "./retry";
import type { LibraryFunction } from "./text";
import { runTry } from "./try";
import { type Memory, variables, type Variables } from "./variables";

/** What a step means for those around it; nothing when the next one follows. */
export type Signal =
  | { readonly kind: "goto"; readonly target: string }
  | { readonly kind: "return"; readonly value: Value }
  | { readonly kind: "break" | "continue" }
  | undefined;

type Later<T> = T | Promise<T>;

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
  step?: Step;
}

/** The execution took more steps than Google allows; no except catches it. */
export class StepLimitError extends Error {
  readonly value: Value = new Map<string, Value>([
    ["message", `ResourceLimitError: the execution took more than ${LIMITS.steps} steps`],
    ["tags", ["ResourceLimitError"]],
  ]);
}

type Options = ExecutionOptions & Required<Pick<ExecutionOptions, "transport" | "stubs">>;

/** The state of one execution. */
export class Machine {
  steps = 0;
  outside = 0;
  /** Branches and iterations that run now. */
  running = 0;
  readonly waiting: (() => void)[] = [];
  /** Errors of branches that nothing within them caught. */
  unhandled = 0;
  readonly memory: Memory = { bytes: 0 };
  private readonly stacks = new WeakMap<object, readonly StackFrame[]>();
  private stopped = false;

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
  }

  stackOf(error: object): readonly StackFrame[] {
    return this.stacks.get(error) ?? [];
  }

  /** Waits for what the clock does not decide. */
  async beyond<T>(promise: Promise<T>): Promise<T> {
    this.outside++;
    try {
      return await promise;
    } finally {
      this.outside--;
    }
  }

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.after(seconds * 1_000, resolve));
  }

  thread(from: Omit<Thread, "scope">): Thread {
    const { vars } = from;
    const scope: Scope = {
      lookup(name) {
        const value = vars.get(name);
        return value === undefined && Object.hasOwn(LIBRARY_VALUES, name) ? LIBRARY_VALUES[name] : value;
      },
      call: (name, args) => this.pure(name, args),
    };
    return { ...from, scope };
  }

  /** A thread with variables of its own below those of another. */
  below(thread: Thread, shared?: readonly string[]): Thread {
    const { step: _, ...rest } = thread;
    return this.thread({ ...rest, vars: variables(this.memory, thread.vars, shared) });
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
      ...(caller && { caller }),
    });
    for (const { name, default: otherwise } of routine.params) {
      const value = args.get(name) ?? (args.has(name) ? null : otherwise && (await this.template(otherwise, thread)));
      if (value === undefined) throw runtimeError("TypeError", `${routine.name} lacks its argument "${name}"`);
      vars.declare(name, value);
    }
    try {
      const signal = await this.block(routine.steps, thread);
      return signal?.kind === "return" ? signal.value : null;
    } finally {
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
    const stack: StackFrame[] = [];
    for (let one: Thread | undefined = thread; one; one = one.caller)
      if (one.step) stack.push({ routine: one.routine, step: one.step.name, at: one.step.at });
    this.stacks.set(error, stack);
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
        return this.switch(action.cases, thread, enter);
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
    return Promise.all(path.map((key) => this.expression(key, thread))).then(finish);
  }

  private async switch(
    cases: Extract<Action, { kind: "switch" }>["cases"],
    thread: Thread,
    enter?: string,
  ): Promise<Signal> {
    for (const one of cases) {
      if (
        enter === undefined
          ? asBoolean(await this.template(one.condition, thread), "condition")
          : this.program.holds(one, enter)
      )
        return this.body(one, thread, enter);
    }
    return undefined;
  }

  /** @throws WorkflowError */
  template(template: Template, thread: Thread): Later<Value> {
    if (template.kind === "constant") return template.value;
    if (this.program.waitsIn(template)) return this.templateLater(template, thread);
    return this.templateNow(template, thread.scope);
  }

  private templateNow(template: Template, scope: Scope): Value {
    if (template.kind === "constant") return template.value;
    if (template.kind === "expression") return evaluate(template.expression, scope);
    if (template.kind === "list") return template.items.map((item) => this.templateNow(item, scope));
    return new Map(
      template.entries.map(
        ([key, value]) => [keyOf(this.templateNow(key, scope)), this.templateNow(value, scope)] as const,
      ),
    );
  }

  private async templateLater(template: Template, thread: Thread): Promise<Value> {
    if (template.kind === "constant") return template.value;
    if (template.kind === "expression") return this.expression(template.expression, thread);
    if (template.kind === "list") {
      const items: Value[] = [];
      for (const item of template.items) items.push(await this.template(item, thread));
      return items;
    }
    const map = new Map<string, Value>();
    for (const [key, value] of template.entries)
      map.set(keyOf(await this.template(key, thread)), await this.template(value, thread));
    return map;
  }

  /** An expression that calls sub-workflows: what is below a node comes first, then the node over its values. */
  private async expression(node: Expression, thread: Thread): Promise<Value> {
    if (!this.program.waits(node)) return evaluate(node, thread.scope);
    const values: Expression[] = [];
    for (const child of childrenOf(node)) {
      const value = await this.expression(child, thread);
      values.push({ kind: "literal", value, offset: child.offset });
      // The right side of `and` and `or` is called only when the left one does not decide.
      const decides =
        node.kind === "binary" &&
        ((node.operator === "and" && value === false) || (node.operator === "or" && value === true));
      if (decides) return value;
    }
    if (node.kind !== "call" || !this.program.reaches(node.name))
      return evaluate(withChildren(node, values), thread.scope);
    const args = values.map((one) => (one as Extract<Expression, { kind: "literal" }>).value);
    const routine = this.program.routines.get(node.name);
    const params = routine ? paramsOf(routine) : signatureOf(node.name)!.params;
    return this.invoke(node.name, routine, named(node.name, params, args), thread);
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
  private pure(name: string, args: readonly Value[]): Value {
    try {
      return this.library[name]!(...args);
    } catch (error) {
      // JavaScript holds no string of more than 512 MB; Google's limit is far below.
      if (error instanceof RangeError) throw runtimeError("ResourceLimitError", `the result of ${name} is too large`);
      throw error;
    }
  }

  private invoke(
    name: string,
    routine: Routine | undefined,
    args: ReadonlyMap<string, Value>,
    thread: Thread,
  ): Later<Value> {
    if (routine) return this.call(routine, args, thread);
    const stub = Object.hasOwn(this.options.stubs, name) ? this.options.stubs[name] : undefined;
    if (stub) return this.beyond((async () => stub(args))());
    const signature = signatureOf(name);
    if (!signature || signature.blocking || !Object.hasOwn(this.library, name))
      return blockers(name, args, this, thread);
    const values = signature.params.map((param) => args.get(param.name));
    return this.pure(name, values as Value[]);
  }
}

const jump = ({ target }: Jump): Signal => {
  if (target === "end") return { kind: "return", value: null };
  if (target === "break" || target === "continue") return { kind: target };
  return { kind: "goto", target };
};

function raise(value: Value): never {
  throw new WorkflowError(value);
}

function keyOf(value: Value): string {
  if (typeof value === "string") return value;
  throw runtimeError("TypeError", `a map has string keys, not ${described(typeName(value))}`);
}

/** Positional arguments by the names of their parameters. */
function named(name: string, params: readonly Param[], values: readonly Value[]): ReadonlyMap<string, Value> {
  if (values.length > params.length)
    throw runtimeError("TypeError", `${name} takes at most ${params.length} arguments`);
  return new Map(values.map((value, index) => [params[index]!.name, value] as const));
}

/** `next` of a value that is there, or that comes. */
const after = <T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> =>
  value instanceof Promise ? value.then(next) : next(value);
