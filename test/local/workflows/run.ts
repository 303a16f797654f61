import { checkSource } from "../../../language/workflows/check";
import type { Value } from "../../../language/workflows/value";
import { virtualClock } from "../../../local/engine/clock";
import { seededRandom } from "../../../local/engine/random";
import {
  type ExecutionOptions,
  type Outcome,
  runToEnd,
  startExecution,
} from "../../../local/engine/workflows/execution";

/** 2023-11-14T22:13:20.5Z */
export const START = 1_700_000_000_500;

export interface Ran {
  readonly outcome: Outcome;
  /** Engine seconds that passed. */
  readonly seconds: number;
  readonly logs: readonly Value[];
  readonly delays: readonly number[];
  readonly steps: readonly string[];
}

/** Runs a definition without errors on a virtual clock. */
export async function run(text: string, options: Partial<ExecutionOptions> = {}): Promise<Ran> {
  const { workflow, faults } = checkSource(text);
  expect(faults.filter(({ severity }) => severity === "error")).toEqual([]);
  const clock = virtualClock(START);
  const logs: Value[] = [];
  const delays: number[] = [];
  const steps: string[] = [];
  const execution = startExecution(workflow!, {
    clock,
    random: seededRandom(1),
    env: { GOOGLE_CLOUD_LOCATION: "europe-west1" },
    onLog: ({ payload }) => void logs.push(payload),
    onRetry: ({ delaySeconds }) => void delays.push(delaySeconds),
    onStep: ({ step }) => void steps.push(step),
    ...options,
  });
  const outcome = await runToEnd(execution, clock);
  return { outcome, seconds: (clock.now() - START) / 1_000, logs, delays, steps };
}

/** The result of an execution that succeeds, as JavaScript has it. */
export async function result(text: string, options: Partial<ExecutionOptions> = {}): Promise<unknown> {
  const { outcome } = await run(text, options);
  if (outcome.state === "FAILED") throw new Error(`failed: ${outcome.error.context}`);
  return plain(outcome.result);
}

export const plain = (value: Value): unknown => {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item as Value)]));
  return value;
};
