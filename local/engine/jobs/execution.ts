import { formatDuration } from "../../../language/duration";
import type { Clock, Timer } from "../clock";
import type { Events } from "../events";
import type {
  ExecutionOverrides,
  ExecutionSettings,
  ExecutionState,
  ExecutionStatus,
  RunningAttempt,
  TaskAttempt,
  TaskStatus,
} from "./types";

export interface ExecutionOptions {
  readonly clock: Clock;
  readonly events: Events;
  readonly name: string;
  readonly job: string;
  readonly settings: ExecutionSettings;
  readonly overrides: ExecutionOverrides;
  readonly createdMs: number;
  /** What an earlier run of the engine has left of it. @default every task waits */
  readonly before?: Pick<ExecutionStatus, "state" | "tasks" | "endedMs">;
  /** Starts a process for an attempt. */
  readonly start: (attempt: TaskAttempt) => Promise<RunningAttempt>;
  /** A task has changed, in a way that must survive. */
  readonly kept: (task: TaskStatus) => void;
  readonly finished: (state: ExecutionState, endedMs: number) => void;
}

/** One execution of a job. */
export interface Execution {
  status(): ExecutionStatus;
  /** Settles when every task has ended, or it was cancelled. */
  readonly ended: Promise<ExecutionStatus>;
  /** Begins, or goes on after a restart. */
  begin(): void;
  cancel(): void;
  /** The engine stops: what runs is stopped, and goes on with its next attempt after the restart. */
  stop(): void;
}

/**
 * Runs tasks to their end, `parallelism` at a time, each again when it fails until its retries are used up. A task that
 * is given up does not stop the others: "when all tasks are done, the job execution is done".
 * https://cloud.google.com/run/docs/configuring/task-timeout, https://cloud.google.com/run/docs/configuring/max-retries
 */
export function createExecution(options: ExecutionOptions): Execution {
  const { clock, events, name, job, settings, overrides, createdMs, before } = options;
  const tasks: TaskStatus[] = waitingTasks(settings.tasks);
  // A process ends with its engine; its attempt has been made.
  for (const task of before?.tasks ?? [])
    tasks[task.index] = task.state === "running" ? { ...task, state: "waiting" } : task;
  const running = new Map<number, RunningAttempt>();
  const starting = new Set<number>();
  let state: ExecutionState = before?.state ?? "running";
  let endedMs = before?.endedMs;
  let stopped = false;
  let settle!: (status: ExecutionStatus) => void;
  const ended = new Promise<ExecutionStatus>((resolve) => (settle = resolve));

  const status = (): ExecutionStatus => ({
    name,
    job,
    settings,
    overrides,
    createdMs,
    ...(endedMs !== undefined && { endedMs }),
    state,
    tasks: [...tasks],
  });
  const set = (index: number, change: Partial<TaskStatus>) => {
    tasks[index] = { ...tasks[index]!, ...change };
    options.kept(tasks[index]);
  };
  const busy = () => running.size + starting.size;

  const fill = () => {
    if (state !== "running" || stopped) return;
    for (const { index, state: of } of tasks) {
      if (busy() >= settings.parallelism) break;
      if (of === "waiting" && !starting.has(index)) void attempt(index);
    }
    if (busy() === 0 && tasks.every((task) => task.state !== "waiting")) finish();
  };

  const attempt = async (index: number) => {
    const { attempts } = tasks[index]!;
    starting.add(index);
    set(index, { state: "running", attempts: attempts + 1 });
    events.emit({ type: "runTaskStarted", execution: name, index, attempt: attempts });
    let outcome: { readonly ok: boolean; readonly reason: string };
    try {
      const process = await options.start({ execution: name, index, count: settings.tasks, attempt: attempts });
      starting.delete(index);
      running.set(index, process);
      if (stopped || state !== "running") process.stop();
      outcome = await within(process);
    } catch (error) {
      starting.delete(index);
      outcome = { ok: false, reason: (error as Error).message };
    }
    running.delete(index);
    // Its next attempt is made when the engine runs again.
    if (stopped) return;
    const { ok, reason } = outcome;
    const again = !ok && state === "running" && attempts < settings.retries;
    const next = state !== "running" ? "cancelled" : ok ? "succeeded" : again ? "waiting" : "failed";
    set(index, { state: next, reason });
    events.emit({ type: "runTaskEnded", execution: name, index, attempt: attempts, ok, reason, again });
    fill();
  };

  /** The outcome of a process, which is stopped when its time is up. */
  const within = async (process: RunningAttempt) => {
    let late = false;
    const timer: Timer = clock.after(settings.timeoutMs, () => {
      late = true;
      process.stop();
    });
    const outcome = await process.ended;
    timer.cancel();
    return late ? { ok: false, reason: `timeout after ${formatDuration(settings.timeoutMs)}` } : outcome;
  };

  const finish = () => {
    if (endedMs !== undefined) return;
    endedMs = clock.now();
    if (state === "running") state = tasks.every((task) => task.state === "succeeded") ? "succeeded" : "failed";
    const failed = tasks.filter((task) => task.state === "failed").length;
    events.emit({ type: "runExecutionEnded", execution: name, state, failedTasks: failed });
    options.finished(state, endedMs);
    settle(status());
  };
  if (endedMs !== undefined) settle(status());

  return {
    status,
    ended,
    begin: fill,
    cancel() {
      if (state !== "running") return;
      state = "cancelled";
      for (const { index, state: of } of tasks) if (of === "waiting") set(index, { state: "cancelled" });
      for (const process of running.values()) process.stop();
      finish();
    },
    stop() {
      stopped = true;
      for (const process of running.values()) process.stop();
    },
  };
}

const waitingTasks = (count: number): TaskStatus[] =>
  Array.from({ length: count }, (_, index) => ({ index, state: "waiting", attempts: 0 }));
