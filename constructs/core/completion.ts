import type { IConstruct } from "constructs";

const COMPLETIONS = Symbol.for("millrace/completions");

type Completed = IConstruct & { [COMPLETIONS]?: (() => void)[] };

/**
 * Puts off a part of the tree until everything else of its stack has been constructed: what follows from all of it. It
 * runs once, before the stack's issues are settled, and may put off more.
 */
export function completeAtSynth(stack: Completed, complete: () => void): void {
  (stack[COMPLETIONS] ??= []).push(complete);
}

/** Makes what was put off. */
export function completeStack(stack: Completed): void {
  const completions = stack[COMPLETIONS] ?? [];
  for (let next = completions.shift(); next; next = completions.shift()) next();
}
