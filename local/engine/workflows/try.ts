import { DEFAULT_RETRIES } from "../../../language/workflows/limits";
import { runtimeError, WorkflowError } from "../../../language/workflows/error";
import type { Backoff, Retry, Template, Try } from "../../../language/workflows/model";
import { asBoolean } from "../../../language/workflows/operators";
import { type Value, type ValueMap } from "../../../language/workflows/value";
import { asMap, asNumber } from "./data";
import type { Machine, Signal, Thread } from "./machine";
import { delayBefore, LIBRARY_VALUES } from "./retry";

/** A policy with its values worked out; delays in seconds. */
interface Policy {
  /** Name of a function or sub-workflow; without one every error is retried. */
  readonly predicate?: string;
  readonly maxRetries: number;
  readonly initial: number;
  readonly max: number;
  readonly multiplier: number;
}

export async function runTry(machine: Machine, action: Try, thread: Thread, enter?: string): Promise<Signal> {
  const { body, retry, except } = action;
  const handles = enter !== undefined && !machine.program.holds(body, enter);
  if (handles) return handle(machine, action, undefined, thread, enter);
  let policy: Policy | undefined;
  for (let retries = 0; ;) {
    try {
      return await machine.body(body, thread, retries === 0 ? enter : undefined);
    } catch (error) {
      // Missing stubs and Google's limit of steps are no errors of the workflow.
      if (!(error instanceof WorkflowError)) throw error;
      policy ??= retry && (await policyOf(machine, retry, thread));
      if (policy && retries < policy.maxRetries && (await matches(machine, policy.predicate, error.value, thread))) {
        retries++;
        await pause(machine, policy, retries, thread);
        continue;
      }
      if (!except) throw error;
      machine.options.onBranch?.({ action, way: "except" });
      return handle(machine, action, error.value, thread);
    }
  }
}

async function pause(
  machine: Machine,
  { initial, max, multiplier }: Policy,
  retry: number,
  thread: Thread,
): Promise<void> {
  const delaySeconds = delayBefore(retry, initial, max, multiplier);
  machine.options.onRetry?.({ routine: thread.routine, step: thread.step?.name ?? "", delaySeconds });
  machine.retrying++;
  await machine.sleep(thread, delaySeconds).finally(() => machine.retrying--);
}

async function handle(
  machine: Machine,
  { except }: Try,
  error: Value | undefined,
  thread: Thread,
  enter?: string,
): Promise<Signal> {
  const inner = machine.below(thread);
  if (except?.as !== undefined && error !== undefined) inner.vars.declare(except.as, error);
  return machine.block(except?.steps ?? [], inner, enter).finally(() => inner.vars.drop());
}

async function matches(
  machine: Machine,
  predicate: string | undefined,
  error: Value,
  thread: Thread,
): Promise<boolean> {
  if (predicate === undefined) return true;
  const routine = machine.program.routines.get(predicate);
  const answer = routine
    ? await machine.call(routine, new Map(routine.params.slice(0, 1).map(({ name }) => [name, error] as const)), thread)
    : machine.library[predicate]!(error);
  return asBoolean(answer, "predicate");
}

async function policyOf(machine: Machine, retry: Retry, thread: Thread): Promise<Policy> {
  if ("policy" in retry) return fromMap(asMap(await machine.template(retry.policy, thread), "retry"));
  const { predicate, maxRetries, backoff } = retry;
  const value = async (template: Template | undefined) => template && (await machine.template(template, thread));
  const parts = new Map<string, Value>();
  const put = (map: Map<string, Value>, key: string, one: Value | undefined) =>
    void (one !== undefined && map.set(key, one));
  put(parts, "predicate", predicate);
  put(parts, "max_retries", await value(maxRetries));
  if (backoff && "kind" in backoff) put(parts, "backoff", await value(backoff));
  else if (backoff) {
    const delays = new Map<string, Value>();
    const { initialDelay, maxDelay, multiplier }: Backoff = backoff;
    put(delays, "initial_delay", await value(initialDelay));
    put(delays, "max_delay", await value(maxDelay));
    put(delays, "multiplier", await value(multiplier));
    parts.set("backoff", delays);
  }
  return fromMap(parts);
}

/** @throws WorkflowError for values that are no numbers, or negative */
function fromMap(policy: ValueMap): Policy {
  const backoff = asMap(policy.get("backoff") ?? LIBRARY_VALUES["retry.default_backoff"], "backoff");
  const defaults = LIBRARY_VALUES["retry.default_backoff"] as ValueMap;
  const number = (value: Value | undefined, what: string) => {
    const found = Number(asNumber(value, what));
    if (!(found >= 0)) throw runtimeError("ValueError", `${what} is ${found}, and must not be negative`);
    return found;
  };
  const delay = (key: string) => number(backoff.get(key) ?? defaults.get(key), key);
  const predicate = policy.get("predicate");
  return {
    ...(typeof predicate === "string" && { predicate }),
    maxRetries: number(policy.get("max_retries") ?? BigInt(DEFAULT_RETRIES), "max_retries"),
    initial: delay("initial_delay"),
    max: delay("max_delay"),
    multiplier: delay("multiplier"),
  };
}
