import type { Position } from "../fault";
import type { Action, Body, Call, Routine, Step, Target, Template } from "../model";

/** What a visitor of a definition is told, in the order of the source. */
export interface Visitor {
  template?(template: Template, path: string): void;
  condition?(template: Template, path: string): void;
  target?(target: Target, path: string): void;
  call?(call: Call, path: string): void;
  action?(action: Action, path: string, at: Position): void;
}

export function visitRoutine(routine: Routine, visitor: Visitor): void {
  for (const one of routine.params) if (one.default) visitor.template?.(one.default, routine.name);
  visitSteps(routine.steps, routine.name, visitor);
}

function visitSteps(steps: readonly Step[], routine: string, visitor: Visitor): void {
  for (const step of steps) visitBody(step, `${routine}/${step.name}`, visitor);
}

function visitBody({ action, at }: Body, path: string, visitor: Visitor): void {
  const template = (one: Template | undefined) => one && visitor.template?.(one, path);
  const steps = (inner: readonly Step[]) => visitSteps(inner, path.split("/")[0]!, visitor);
  visitor.action?.(action, path, at);
  switch (action.kind) {
    case "assign":
      for (const { target, value } of action.assignments) {
        visitor.target?.(target, path);
        template(value);
      }
      break;
    case "call":
      visitor.call?.(action, path);
      if ("positional" in action.args) action.args.positional.forEach(template);
      else for (const [, value] of action.args.named) template(value);
      if (action.result) visitor.target?.(action.result, path);
      break;
    case "switch":
      for (const one of action.cases) {
        template(one.condition);
        visitor.condition?.(one.condition, path);
        visitBody(one, path, visitor);
      }
      break;
    case "for":
      template(action.loop.over.value);
      steps(action.loop.steps);
      break;
    case "parallel":
      template(action.concurrencyLimit);
      if ("loop" in action.work) {
        template(action.work.loop.over.value);
        steps(action.work.loop.steps);
      } else for (const branch of action.work.branches) steps(branch.steps);
      break;
    case "try": {
      visitBody(action.body, path, visitor);
      const { retry, except } = action;
      if (retry && "policy" in retry) template(retry.policy);
      else if (retry) {
        template(retry.maxRetries);
        const { backoff } = retry;
        if (backoff && "kind" in backoff) template(backoff);
        else [backoff?.initialDelay, backoff?.maxDelay, backoff?.multiplier].forEach(template);
      }
      if (except) steps(except.steps);
      break;
    }
    case "raise":
    case "return":
      template(action.value);
      break;
    case "steps":
      steps(action.steps);
      break;
    default:
  }
}
