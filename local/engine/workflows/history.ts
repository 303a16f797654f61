import { setImmediate } from "node:timers";
import { WorkflowError } from "../../../language/workflows/error";
import type { Value } from "../../../language/workflows/value";

/** What the world told an execution at one point: an answer, or an error. */
export type Told =
  | { readonly key: string; readonly value: Value }
  | { readonly key: string; readonly error: Value }
  /** When a wait that has begun will end, engine milliseconds. */
  | { readonly key: string; readonly dueMs: number };

/**
 * What an execution learns of the world, by keys that say which line of steps asked, and as which of its questions.
 * Between two questions an execution depends on nothing else, so that the same answers in the same order bring it to
 * the same place again.
 */
export interface History {
  /** The answer that was given before, or a new one. @throws WorkflowError */
  told(key: string, ask: () => Promise<Value>): Promise<Value>;
  /** The same where the answer is there at once. */
  known(key: string, read: () => Value): Value;
  /** When a wait ends: as it was said when it began. */
  due(key: string, atMs: number): number;
  /** Whether answers of before are still to be given. */
  replaying(): boolean;
}

/** Keeps nothing: an execution that nobody goes on with. */
export const noHistory: History = {
  told: (_, ask) => ask(),
  known: (_, read) => read(),
  due: (_, atMs) => atMs,
  replaying: () => false,
};

/**
 * @param before what was told, in the order it was told in
 * @param keep told of everything new, before the execution hears of it
 */
export function createHistory(before: readonly Told[], keep: (told: Told) => void): History {
  const answers = before.filter((one) => !("dueMs" in one));
  const known = new Map(answers.map((one) => [one.key, one] as const));
  const dues = new Map(before.flatMap((one) => ("dueMs" in one ? [[one.key, one.dueMs] as const] : [])));
  /** Questions that were answered before, and wait until it is their turn. */
  const waiting = new Map<string, () => void>();
  let next = 0;
  let pumping = false;

  // Branches heard their answers in this order, and wrote to what they share in it.
  const pump = () => {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      const answer = answers[next];
      const give = answer && waiting.get(answer.key);
      if (!give) return;
      waiting.delete(answer.key);
      next++;
      give();
      if (waiting.size > 0) pump();
    });
  };

  return {
    replaying: () => next < answers.length,
    due(key, atMs) {
      const said = dues.get(key);
      if (said !== undefined) return said;
      keep({ key, dueMs: atMs });
      return atMs;
    },
    known(key, read) {
      const answer = known.get(key);
      if (answer) {
        // It was given in the middle of a step, where no other line could come between.
        answers.splice(answers.indexOf(answer, next), 1);
        known.delete(key);
        if (waiting.size > 0) pump();
        return "value" in answer ? answer.value : null;
      }
      const value = read();
      keep({ key, value });
      return value;
    },
    async told(key, ask) {
      const answer = known.get(key);
      if (answer) {
        await new Promise<void>((resolve) => {
          waiting.set(key, resolve);
          pump();
        });
        if ("error" in answer) throw new WorkflowError(answer.error);
        return "value" in answer ? answer.value : null;
      }
      try {
        const value = await ask();
        keep({ key, value });
        return value;
      } catch (error) {
        if (error instanceof WorkflowError) keep({ key, error: error.value });
        throw error;
      }
    },
  };
}
