import type { Expression } from "../expression";
import { walk } from "../expression";
import type { Position } from "../fault";
import type { Action, Body, For, Jump, Parallel, Routine, Step, Target, Template } from "../model";
import { expressionsOf } from "../reader";
import { dotted } from "../parse-expression";
import { RETRY_BACKOFFS, RETRY_POLICIES, RETRY_PREDICATES } from "../functions";

/** A variable as it stands in the source, with the scope it stands in. */
export interface Mention {
  readonly name: string;
  readonly scope: Scope;
  readonly at: Position;
}

/** What happens between two decisions: reads, then writes. */
export interface GraphNode {
  readonly id: number;
  readonly path: string;
  readonly reads: Mention[];
  readonly writes: Mention[];
  readonly next: number[];
  /** Where an error of this node is caught, in the same routine. */
  handler?: number;
  /** Whether it can fail. */
  fails: boolean;
  /** A scope that begins anew here: what it declared is gone. */
  fresh?: Scope;
}

/** Where a variable is visible: the routine, or a for body, an except block, a parallel branch or iteration. */
export interface Scope {
  readonly id: number;
  readonly parent?: Scope;
  readonly kind: "routine" | "for" | "except" | "branch";
  /** Names that the construct itself declares: loop variables, `as`, parameters. */
  readonly own: Set<string>;
  /** For what runs in parallel: the step, and the node where it forks. */
  readonly parallel?: { readonly step: Parallel; readonly fork: number };
}

/** A step with the block it stands in. */
export interface PlacedStep {
  readonly step: Step;
  readonly entry: number;
  readonly region: number;
  readonly previous?: PlacedStep;
  readonly parent?: PlacedStep;
}

export interface PlacedJump {
  readonly jump: Jump;
  readonly path: string;
  readonly region: number;
  readonly loop: "none" | "for" | "parallel";
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly entry: number;
  readonly exit: number;
  readonly steps: readonly PlacedStep[];
  readonly jumps: readonly PlacedJump[];
  /** Parallel steps with the number of parallel steps they stand in. */
  readonly parallels: readonly {
    readonly step: Parallel;
    readonly path: string;
    readonly depth: number;
    readonly fork: number;
    readonly scope: Scope;
  }[];
  /** `return` within a parallel step. */
  readonly returns: readonly { readonly at: Position; readonly path: string }[];
}

interface Context {
  readonly path: string;
  readonly scope: Scope;
  readonly region: number;
  readonly loop: "none" | "for" | "parallel";
  readonly breakTo?: number;
  readonly continueTo?: number;
  readonly handler?: number;
  readonly parent?: PlacedStep;
  readonly depth: number;
}

const LIBRARY_OBJECTS: ReadonlySet<string> = new Set([...RETRY_POLICIES, ...RETRY_BACKOFFS, ...RETRY_PREDICATES]);

/** The control flow of a routine. */
export function graphOf(routine: Routine): Graph {
  return new Builder(routine).build();
}

class Builder {
  private readonly nodes: GraphNode[] = [];
  private readonly steps: PlacedStep[] = [];
  private readonly jumps: PlacedJump[] = [];
  private readonly parallels: Graph["parallels"][number][] = [];
  private readonly returns: Graph["returns"][number][] = [];
  private readonly entries = new Map<string, number>();
  /** Jumps whose step may come later in the source. */
  private readonly pending: (() => void)[] = [];
  private scopes = 0;
  private regions = 0;

  constructor(private readonly routine: Routine) {}

  build(): Graph {
    const path = this.routine.name;
    const exit = this.node(path);
    const scope = this.scope(
      "routine",
      undefined,
      this.routine.params.map(({ name }) => name),
    );
    const entry = this.block(this.routine.steps, exit.id, { path, scope, region: 0, loop: "none", depth: 0 });
    for (const connect of this.pending) connect();
    const { nodes, steps, jumps, parallels, returns } = this;
    return { nodes, entry, exit: exit.id, steps, jumps, parallels, returns };
  }

  private node(path: string, handler?: number): GraphNode {
    const node: GraphNode = {
      id: this.nodes.length,
      path,
      reads: [],
      writes: [],
      next: [],
      fails: false,
      ...(handler !== undefined && { handler }),
    };
    this.nodes.push(node);
    return node;
  }

  private scope(
    kind: Scope["kind"],
    parent: Scope | undefined,
    own: readonly string[] = [],
    parallel?: Scope["parallel"],
  ): Scope {
    return { id: this.scopes++, kind, own: new Set(own), ...(parent && { parent }), ...(parallel && { parallel }) };
  }

  /** Steps one after the other, then `after`. @returns the node that a block begins with */
  private block(steps: readonly Step[], after: number, context: Context): number {
    const entries = steps.map((step) => {
      const node = this.node(`${context.path.split("/")[0]}/${step.name}`, context.handler);
      if (!this.entries.has(step.name)) this.entries.set(step.name, node.id);
      return node;
    });
    let previous: PlacedStep | undefined;
    steps.forEach((step, index) => {
      const entry = entries[index]!;
      const { region, parent } = context;
      const placed: PlacedStep = {
        step,
        entry: entry.id,
        region,
        ...(previous && { previous }),
        ...(parent && { parent }),
      };
      this.steps.push(placed);
      previous = placed;
      const next = entries[index + 1]?.id ?? after;
      this.body(step, entry, next, { ...context, path: entry.path, parent: placed });
    });
    return entries[0]?.id ?? after;
  }

  private body(body: Body, entry: GraphNode, after: number, context: Context): void {
    let next = after;
    if (body.next) {
      const through = this.node(context.path);
      this.jump(body.next, through, context);
      next = through.id;
    }
    this.action(body.action, entry, next, context);
  }

  private jump(jump: Jump, from: GraphNode, context: Context): void {
    const { region, loop, path } = context;
    this.jumps.push({ jump, path, region, loop });
    if (jump.target === "end") from.next.push(0);
    else if (jump.target === "break") from.next.push(context.breakTo ?? 0);
    else if (jump.target === "continue") from.next.push(context.continueTo ?? 0);
    else
      this.pending.push(() => {
        // An unknown step is reported elsewhere; here it counts as a way out.
        from.next.push(this.entries.get(jump.target) ?? 0);
      });
  }

  private read(node: GraphNode, template: Template | undefined, context: Context): void {
    if (!template) return;
    for (const { expression, at } of expressionsOf(template)) this.readExpression(node, expression, at, context);
  }

  private readExpression(node: GraphNode, expression: Expression, at: Position, { scope }: Context): void {
    node.fails = node.fails || expression.kind !== "literal";
    for (const name of variablesIn(expression)) node.reads.push({ name, scope, at });
  }

  private write(node: GraphNode, target: Target, context: Context): void {
    const { name, path, at } = target;
    for (const key of path) this.readExpression(node, key, at, context);
    // A member can be assigned to what is a map already; a whole variable is made.
    if (path.length > 0) node.reads.push({ name, scope: context.scope, at });
    node.writes.push({ name, scope: context.scope, at });
  }

  private action(action: Action, entry: GraphNode, after: number, context: Context): void {
    switch (action.kind) {
      case "assign": {
        let node = entry;
        for (const { target, value } of action.assignments) {
          this.read(node, value, context);
          this.write(node, target, context);
          const following = this.node(context.path, context.handler);
          node.next.push(following.id);
          node = following;
        }
        node.next.push(after);
        return;
      }
      case "call":
        entry.fails = true;
        if ("positional" in action.args) for (const value of action.args.positional) this.read(entry, value, context);
        else for (const [, value] of action.args.named) this.read(entry, value, context);
        if (action.result) this.write(entry, action.result, context);
        entry.next.push(after);
        return;
      case "switch": {
        let node = entry;
        for (const one of action.cases) {
          this.read(node, one.condition, context);
          const literal = one.condition.kind === "constant" ? one.condition.value : undefined;
          const inside = this.node(context.path, context.handler);
          this.body(one, inside, after, context);
          if (literal !== false) node.next.push(inside.id);
          const following = this.node(context.path, context.handler);
          if (literal !== true) node.next.push(following.id);
          node = following;
        }
        node.next.push(after);
        return;
      }
      case "for":
        return this.loop(action.loop, entry, after, context);
      case "parallel":
        return this.parallel(action, entry, after, context);
      case "try":
        return this.try(action, entry, after, context);
      case "raise":
        entry.fails = true;
        this.read(entry, action.value, context);
        if (entry.handler === undefined) entry.next.push(0);
        return;
      case "return":
        this.read(entry, action.value, context);
        if (context.depth > 0) this.returns.push({ at: action.value.at, path: context.path });
        entry.next.push(0);
        return;
      case "steps":
        entry.next.push(this.block(action.steps, after, context));
        return;
      default:
        entry.next.push(after);
    }
  }

  private loop(loop: For, entry: GraphNode, after: number, context: Context, parallel?: Scope["parallel"]): void {
    this.read(entry, loop.over.value, context);
    const names = [loop.value, ...(loop.index === undefined ? [] : [loop.index])];
    const scope = this.scope(parallel ? "branch" : "for", context.scope, names, parallel);
    const head = this.node(context.path, context.handler);
    const start = this.node(context.path, context.handler);
    entry.next.push(head.id);
    head.next.push(start.id, after);
    start.fresh = scope;
    for (const name of names) start.writes.push({ name, scope, at: loop.over.value.at });
    const inner = {
      ...context,
      scope,
      region: ++this.regions,
      loop: parallel ? ("parallel" as const) : ("for" as const),
      breakTo: after,
      continueTo: head.id,
    };
    start.next.push(this.block(loop.steps, head.id, { ...inner, depth: context.depth + (parallel ? 1 : 0) }));
  }

  private parallel(action: Parallel, entry: GraphNode, after: number, context: Context): void {
    const { work, concurrencyLimit } = action;
    this.read(entry, concurrencyLimit, context);
    entry.fails = true;
    const { path, scope, depth } = context;
    this.parallels.push({ step: action, path, depth: depth + 1, fork: entry.id, scope });
    const parallel = { step: action, fork: entry.id };
    // What a branch raises becomes an error of the whole step, so its own handlers are those within it alone.
    const { handler: _, ...outside } = context;
    if ("loop" in work) return this.loop(work.loop, entry, after, outside, parallel);
    for (const { steps } of work.branches) {
      const inner = this.scope("branch", context.scope, [], parallel);
      const start = this.node(path);
      start.fresh = inner;
      entry.next.push(start.id);
      const region = ++this.regions;
      const { breakTo: _b, continueTo: _c, ...rest } = outside;
      start.next.push(this.block(steps, after, { ...rest, scope: inner, region, loop: "none", depth: depth + 1 }));
    }
  }

  private try(action: Extract<Action, { kind: "try" }>, entry: GraphNode, after: number, context: Context): void {
    const { body, retry, except } = action;
    let { handler } = context;
    if (except) {
      const names = except.as === undefined ? [] : [except.as];
      const scope = this.scope("except", context.scope, names);
      const caught = this.node(context.path, context.handler);
      caught.fresh = scope;
      for (const name of names) caught.writes.push({ name, scope, at: body.at });
      caught.next.push(this.block(except.steps, after, { ...context, scope }));
      handler = caught.id;
    }
    const inside: Context = { ...context, ...(handler !== undefined && { handler }) };
    const begin = this.node(context.path, handler);
    entry.next.push(begin.id);
    if (retry && "policy" in retry) this.read(entry, retry.policy, context);
    else if (retry) {
      this.read(entry, retry.maxRetries, context);
      const { backoff } = retry;
      if (backoff && "kind" in backoff) this.read(entry, backoff, context);
      else
        for (const one of [backoff?.initialDelay, backoff?.maxDelay, backoff?.multiplier])
          this.read(entry, one, context);
    }
    this.body(body, begin, after, inside);
  }
}

/** Names of the variables in an expression; objects of the library are none. */
function* variablesIn(expression: Expression): Generator<string> {
  const skip = new Set<Expression>();
  for (const node of walk(expression)) {
    if (node.kind === "member" && LIBRARY_OBJECTS.has(dotted(node) ?? ""))
      for (const inner of walk(node)) skip.add(inner);
    if (node.kind === "variable" && !skip.has(node)) yield node.name;
  }
}
