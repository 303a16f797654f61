import { IssuesError } from "../../../contract/issue";
import { LIMITS } from "../../../language/workflows/limits";
import type { Body, Jump, Routine, Step, Template } from "../../../language/workflows/model";
import type { IPushTarget } from "../../core";
import type { Callee } from "./callee";
import { NOWHERE, templateOf } from "./data";
import { type Data, expr, type Expr, isName } from "./expression";
import { hoisting } from "./hoist";
import type { AnySubworkflow } from "./subworkflow";

/** What a definition needs of the world around it. */
export interface Needs {
  readonly callees: Map<object, Callee>;
  /** Variables of `sys.get_env` that say where targets are. */
  readonly urls: Map<IPushTarget, string>;
}

/** Everything that is recorded of one definition. */
export interface DefinitionRecord extends Needs {
  readonly routines: Map<string, Routine>;
  /** What made each routine, so that two of one name are noticed. */
  readonly makers: Map<string, object>;
  /** Makes a sub-workflow part of the definition, once. @returns its name */
  include(sub: AnySubworkflow): string;
}

export function emptyRecord(include: (record: DefinitionRecord, sub: AnySubworkflow) => string): DefinitionRecord {
  const record: DefinitionRecord = {
    callees: new Map(),
    urls: new Map(),
    routines: new Map(),
    makers: new Map(),
    include: (sub) => include(record, sub),
  };
  return record;
}

/** Says what cannot be built, where the program builds it: the stack of the error names file and line. */
export function refuse(path: string, problem: string, fix: string): never {
  throw new IssuesError([{ code: "MR1550", severity: "error", path, problem, fix }]);
}

/** One namespace: the steps and variables of a routine. */
export class Names {
  private readonly steps = new Set<string>();
  private readonly variables = new Set<string>();

  constructor(
    readonly record: DefinitionRecord,
    readonly routine: string,
  ) {}

  /** Claims the name of a step. */
  step(id: string): string {
    const path = `${this.routine}/${id}`;
    if (id === "") refuse(path, "a step without a name", "give it one, unique in its routine");
    if (this.steps.has(id))
      refuse(path, `the routine has two steps called "${id}"; nested blocks share the names`, "rename one of them");
    this.steps.add(id);
    return path;
  }

  has(id: string): boolean {
    return this.steps.has(id);
  }

  /** Claims the name of a variable that the program names. */
  variable(name: string, path: string): string {
    if (!isName(name)) refuse(path, `"${name}" is no name of a variable`, "use letters, digits and underscores");
    this.variables.add(name);
    return name;
  }

  /** A variable's name that nothing has yet. */
  fresh(wanted: string): string {
    const base = wanted.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
    let name = base;
    for (let number = 2; this.variables.has(name); number++) name = `${base}_${number}`;
    this.variables.add(name);
    return name;
  }
}

export const variable = <T>(name: string): Expr<T> => expr({ kind: "variable", name, offset: 0 });

export const jumpTo = (target: string): Jump => ({ target, at: NOWHERE });

/** Steps one after the other, as they are recorded. */
export class Block {
  readonly steps: Step[] = [];
  /** Where the whole block goes, when it has no step of its own that could say so. */
  jump?: Jump;

  /** @param repeats whether its steps may be taken several times */
  constructor(
    readonly names: Names,
    readonly repeats = false,
  ) {}

  /** Adds a step. @param make gives its body, with data turned into templates */
  add(id: string, make: (template: (data: Data) => Template, path: string) => Omit<Body, "at">): void {
    const path = this.names.step(id);
    const { body, before } = this.body(id, path, make);
    this.push({ name: id, ...(before ? this.grouped(id, before, body) : body) });
  }

  /** A body, and what must be assigned before it. */
  body(
    id: string,
    path: string,
    make: (template: (data: Data) => Template, path: string) => Omit<Body, "at">,
  ): { readonly body: Body; readonly before?: Body } {
    let parts = 0;
    const hoist = hoisting(() => this.names.fresh(`${id}_value${++parts}`));
    const template = (data: Data) => hoist.apply(guarded(path, () => templateOf(data)));
    const body = { ...make(template, path), at: NOWHERE };
    if (hoist.assignments.length === 0) return { body };
    return { body, before: { action: { kind: "assign", assignments: hoist.assignments }, at: NOWHERE } };
  }

  /** Two bodies under one name, so that a jump to it meets both. */
  grouped(id: string, ...bodies: readonly Body[]): Body {
    const steps = bodies.map((body, index): Step => {
      const name = `${id}_${index + 1}`;
      this.names.step(name);
      return { name, ...body };
    });
    return { action: { kind: "steps", steps }, at: NOWHERE };
  }

  push(step: Step): void {
    this.steps.push(step);
  }

  /** Goes elsewhere: said by the last step, if it can say it, else by a step that does nothing else. */
  leave(jump: Jump): void {
    const last = this.steps.at(-1);
    if (!last) {
      this.jump = jump;
      return;
    }
    if ((last.action.kind === "assign" || last.action.kind === "call") && !last.next) {
      this.steps[this.steps.length - 1] = { ...last, next: jump };
      return;
    }
    const name = `${last.name}_then`;
    this.names.step(name);
    this.push({ name, action: { kind: "next" }, next: jump, at: NOWHERE });
  }

  /** The steps of a block that must have some. @param id what the block belongs to */
  whole(id: string): readonly Step[] {
    if (this.steps.length > 0) return this.steps;
    const name = `${id}_end`;
    this.names.step(name);
    // A block that only leaves needs a step to say so; one that is empty, a step that does nothing.
    const step: Step = this.jump
      ? { name, action: { kind: "next" }, next: this.jump, at: NOWHERE }
      : { name, action: { kind: "assign", assignments: [nothing(this.names.fresh("nothing"))] }, at: NOWHERE };
    return [step];
  }
}

const nothing = (name: string) => ({
  target: { name, path: [], at: NOWHERE },
  value: { kind: "constant", value: null, at: NOWHERE } as const,
});

/** @throws IssuesError MR1550 with the step's path, for what data cannot be */
export function guarded<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TypeError) refuse(path, error.message, "correct the value that is given to this step");
    throw error;
  }
}

/** Google takes so many assignments in one step. */
export const MOST_ASSIGNMENTS = LIMITS.assignments;
