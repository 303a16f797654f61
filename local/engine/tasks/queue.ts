import type { Clock, Timer } from "../clock";
import type { PushTransport } from "../delivery";
import { pauseBefore } from "../doubling";
import type { Events } from "../events";
import { createAgenda } from "../pubsub/agenda";
import type { Random } from "../random";
import { isDone, reasonOf, requestOf } from "./attempt";
import { type Attempt, burstOf, type QueueConfig, type QueueStats, type Task } from "./types";

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly push: PushTransport;
  /** A task has changed: an attempt has ended and there will be another. */
  readonly kept: (task: Task) => void;
  /** A task is gone: done, or given up. */
  readonly gone: (name: string) => void;
}

/** One queue and its dispatcher. */
export interface Queue {
  readonly config: () => QueueConfig;
  configure(config: QueueConfig): void;
  add(task: Task): void;
  get(name: string): Task | undefined;
  tasks(): readonly Task[];
  remove(name: string): boolean;
  /** Dispatches at once, past rate, concurrency and pause. */
  force(name: string): void;
  pause(paused: boolean): void;
  stats(): QueueStats;
  /** Whether nothing is due or being retried. */
  idle(): boolean;
  start(): void;
  stop(): void;
}

/**
 * Dispatches tasks when they are due, as fast as a token bucket and the limit of concurrent dispatches let it. Cloud
 * Tasks promises no order, so of two tasks that are due either may be first.
 */
export function createQueue(initial: QueueConfig, options: QueueOptions): Queue {
  const { clock, random, events } = options;
  let config = initial;
  const tasks = new Map<string, Task>();
  const agenda = createAgenda<string>();
  const dispatching = new Set<string>();
  let paused = false;
  let started = false;
  let tokens = burstOf(config.rate.perSecond);
  let filledMs = clock.now();
  let timer: Timer | undefined;

  const refill = () => {
    const { perSecond } = config.rate;
    tokens = Math.min(burstOf(perSecond), tokens + ((clock.now() - filledMs) * perSecond) / 1_000);
    filledMs = clock.now();
  };
  /** The earliest task that still waits for the instant it was put on the agenda for. */
  const earliest = () => {
    for (let entry = agenda.peek(); entry; entry = agenda.peek()) {
      const task = tasks.get(entry.item);
      if (task && task.scheduleMs === entry.atMs && !dispatching.has(task.name)) return task;
      agenda.shift();
    }
    return undefined;
  };
  const takeDue = (): Task | undefined => {
    const first = earliest();
    if (!first || first.scheduleMs > clock.now()) return undefined;
    agenda.shift();
    const second = earliest();
    if (!second || second.scheduleMs > clock.now() || random.below(2) === 0) return first;
    agenda.shift();
    agenda.add(first.scheduleMs, first.name);
    return second;
  };

  const pump = () => {
    timer?.cancel();
    timer = undefined;
    if (!started || paused) return;
    refill();
    while (dispatching.size < config.rate.concurrent && tokens >= 1) {
      const task = takeDue();
      if (!task) break;
      tokens -= 1;
      void dispatch(task);
    }
    const next = earliest();
    if (!next || dispatching.size >= config.rate.concurrent) return;
    const tokenMs = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / config.rate.perSecond);
    timer = clock.after(Math.max(tokenMs, next.scheduleMs - clock.now(), 0), pump);
  };

  const dispatch = async (task: Task) => {
    const { name } = task;
    const request = requestOf(task, config.routing);
    const attempt: Attempt = { scheduleMs: task.scheduleMs, dispatchMs: clock.now() };
    const under: Task = { ...task, dispatches: task.dispatches + 1, first: task.first ?? attempt, last: attempt };
    tasks.set(name, under);
    dispatching.add(name);
    events.emit({ type: "taskDispatched", task: name, attempt: under.dispatches });
    const result = await options.push(request);
    dispatching.delete(name);
    // Deleted or purged meanwhile.
    if (tasks.get(name) === under && started) settle(under, attempt, result);
    pump();
  };

  const settle = (task: Task, attempt: Attempt, result: Awaited<ReturnType<PushTransport>>) => {
    const { name, dispatches, deadlineMs } = task;
    const reason = reasonOf(result, deadlineMs);
    if (isDone(result)) {
      events.emit({ type: "taskDone", task: name, attempt: dispatches });
      tasks.delete(name);
      return options.gone(name);
    }
    const now = clock.now();
    const { retry } = config;
    const answered: Attempt =
      result.kind === "status" ? { ...attempt, responseMs: now, status: result.status } : attempt;
    const lasted = now - (task.first?.dispatchMs ?? now);
    const exhausted = retry.attempts !== -1 && dispatches >= retry.attempts && lasted >= retry.maxDurationMs;
    if (exhausted) {
      events.emit({ type: "taskDropped", task: name, attempt: dispatches, reason });
      tasks.delete(name);
      return options.gone(name);
    }
    const pauseMs = pauseBefore(dispatches, retry);
    events.emit({ type: "taskFailed", task: name, attempt: dispatches, reason, retryInMs: pauseMs });
    const status = result.kind === "status" ? result.status : undefined;
    const next: Task = {
      ...task,
      scheduleMs: now + pauseMs,
      responses: task.responses + (status === undefined ? 0 : 1),
      executions: task.executions + (status === undefined || status >= 500 ? 0 : 1),
      first: task.dispatches === 1 ? answered : task.first!,
      last: answered,
    };
    add(next);
    options.kept(next);
  };

  const add = (task: Task) => {
    tasks.set(task.name, task);
    agenda.add(task.scheduleMs, task.name);
    pump();
  };

  return {
    config: () => config,
    configure(next) {
      refill();
      config = next;
      pump();
    },
    add,
    get: (name) => tasks.get(name),
    tasks: () => [...tasks.values()],
    remove: (name) => tasks.delete(name),
    force(name) {
      const task = tasks.get(name);
      if (task && !dispatching.has(name)) void dispatch({ ...task, scheduleMs: clock.now() });
    },
    pause(value) {
      paused = value;
      pump();
    },
    stats: () => ({ tasks: tasks.size, dispatching: dispatching.size, paused }),
    idle: () =>
      dispatching.size === 0 &&
      (paused || [...tasks.values()].every((task) => task.dispatches === 0 && task.scheduleMs > clock.now())),
    start() {
      started = true;
      pump();
    },
    stop() {
      started = false;
      timer?.cancel();
      timer = undefined;
    },
  };
}
