import type { Json } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { PushTransport } from "../delivery";
import type { Events } from "../events";
import type { Journal, Journaled } from "../journal";
import type { Random } from "../random";
import { queueOf } from "./attempt";
import { TASK_ID, taskFault } from "./limits";
import { createQueue, type Queue } from "./queue";
import type { QueueConfig, QueueStats, Task, TaskRequest } from "./types";

export interface TasksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly journal: Journal;
  readonly push: PushTransport;
}

/** What a client asks for. */
export interface NewTask {
  /** Full name; one is made up without it, which is faster on Google Cloud. */
  readonly name?: string;
  readonly request: TaskRequest;
  /** @default now */
  readonly scheduleMs?: number;
  /** @default 10 minutes */
  readonly deadlineMs?: number;
}

/** Cloud Tasks. Faults of a caller are thrown as StatusError. */
export interface Tasks extends Journaled {
  /** Creates a queue; one that is there already keeps its tasks, also over a restart. */
  ensure(queue: QueueConfig): void;
  /** Its tasks go with it. @returns false when there is none of that name */
  remove(name: string): boolean;
  queues(): readonly (QueueStats & { readonly config: QueueConfig; readonly purgedMs?: number })[];
  queue(name: string): QueueStats & { readonly config: QueueConfig; readonly purgedMs?: number };
  create(queue: string, task: NewTask): Task;
  get(name: string): Task;
  list(queue: string): readonly Task[];
  delete(name: string): void;
  /** Dispatches a task now, past rate, concurrency and pause. */
  run(name: string): Task;
  purge(queue: string): void;
  pause(queue: string, paused: boolean): void;
  /** Whether nothing is due or being retried; what is scheduled for later, or paused, may wait. */
  idle(): boolean;
  start(): void;
  stop(): void;
}

type Entry =
  | { readonly op: "task"; readonly task: Task }
  | { readonly op: "gone"; readonly name: string; readonly atMs: number }
  | { readonly op: "purge"; readonly queue: string; readonly atMs: number }
  | { readonly op: "pause"; readonly queue: string; readonly paused: boolean };

/** "~1hour after the original task was deleted or executed", google/cloud/tasks/v2/cloudtasks.proto: `CreateTaskRequest.task` */
const TOMBSTONE_MS = 3_600_000;
const DEFAULT_DEADLINE_MS = 600_000;

export function createTasks(options: TasksOptions): Tasks {
  const { clock, random, events, journal } = options;
  const queues = new Map<string, Queue>();
  /** When each name that is no longer a task's can be used again. */
  const tombstones = new Map<string, number>();
  const purged = new Map<string, number>();
  // What the journal says, until the plan says which queues there are.
  const restored = { tasks: new Map<string, Task>(), paused: new Set<string>() };
  let started = false;
  const write = (entry: Entry) => journal.append("tasks", entry as unknown as Json);

  const found = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue) return queue;
    throw new StatusError("NOT_FOUND", `Queue does not exist: ${name}; the plan makes the queues`);
  };
  const taskOf = (name: string): Task => {
    const task = queues.get(queueOf(name))?.get(name);
    if (task) return task;
    const was = (tombstones.get(name) ?? 0) > clock.now();
    throw new StatusError("NOT_FOUND", was ? "The task no longer exists." : "Requested entity was not found.");
  };
  const bury = (name: string, atMs: number) => {
    // Names come in the order of their deaths, so the oldest are first.
    for (const [other, until] of tombstones) {
      if (until > atMs) break;
      tombstones.delete(other);
    }
    tombstones.set(name, atMs + TOMBSTONE_MS);
  };
  const gone = (name: string) => {
    bury(name, clock.now());
    write({ op: "gone", name, atMs: clock.now() });
  };
  const clear = (queue: string, atMs: number) => {
    purged.set(queue, atMs);
    for (const { name, createdMs } of queues.get(queue)?.tasks() ?? [])
      if (createdMs <= atMs) queues.get(queue)!.remove(name);
    for (const name of restored.tasks.keys()) if (queueOf(name) === queue) restored.tasks.delete(name);
  };
  const open = (config: QueueConfig) => {
    const { name } = config;
    const kept = (task: Task) => write({ op: "task", task });
    const { push } = options;
    const queue = createQueue(config, { clock, random: random.fork(name), events, push, kept, gone });
    queues.set(name, queue);
    if (restored.paused.delete(name)) queue.pause(true);
    for (const task of restored.tasks.values())
      if (queueOf(task.name) === name) {
        restored.tasks.delete(task.name);
        queue.add(task);
      }
    if (started) queue.start();
  };
  const view = (queue: Queue) => {
    const config = queue.config();
    const purgedMs = purged.get(config.name);
    return { config, ...queue.stats(), ...(purgedMs !== undefined && { purgedMs }) };
  };

  return {
    journalName: "tasks",
    replay(json) {
      const entry = json as unknown as Entry;
      if (entry.op === "task") restored.tasks.set(entry.task.name, entry.task);
      else if (entry.op === "gone") {
        restored.tasks.delete(entry.name);
        bury(entry.name, entry.atMs);
      } else if (entry.op === "purge") clear(entry.queue, entry.atMs);
      else if (entry.paused) restored.paused.add(entry.queue);
      else restored.paused.delete(entry.queue);
    },
    *compact() {
      const entries: Entry[] = [
        ...[...tombstones].map(([name, until]): Entry => ({ op: "gone", name, atMs: until - TOMBSTONE_MS })),
        ...[...purged].map(([queue, atMs]): Entry => ({ op: "purge", queue, atMs })),
        ...[...queues.values()].flatMap((queue) => queue.tasks()).map((task): Entry => ({ op: "task", task })),
        ...[...restored.tasks.values()].map((task): Entry => ({ op: "task", task })),
        ...[...queues]
          .filter(([, one]) => one.stats().paused)
          .map(([queue]): Entry => ({ op: "pause", queue, paused: true })),
        ...[...restored.paused].map((queue): Entry => ({ op: "pause", queue, paused: true })),
      ];
      for (const entry of entries) yield entry as unknown as Json;
    },
    ensure(config) {
      const queue = queues.get(config.name);
      if (queue) queue.configure(config);
      else open(config);
    },
    remove(name) {
      for (const task of queues.get(name)?.tasks() ?? []) gone(task.name);
      for (const task of restored.tasks.keys()) if (queueOf(task) === name) restored.tasks.delete(task);
      restored.paused.delete(name);
      queues.get(name)?.stop();
      return queues.delete(name);
    },
    queues: () => [...queues.values()].map(view),
    queue: (name) => view(found(name)),
    create(queueName, { name = `${queueName}/tasks/${String(random.next()).slice(2).padEnd(17, "0")}`, ...task }) {
      const queue = found(queueName);
      const now = clock.now();
      if (queueOf(name) !== queueName || !TASK_ID.test(name.slice(name.lastIndexOf("/") + 1)))
        throw new StatusError(
          "INVALID_ARGUMENT",
          `Task name must be ${queueName}/tasks/[A-Za-z0-9_-]{1,500}, not ${name}`,
        );
      if (queue.get(name)) throw new StatusError("ALREADY_EXISTS", "Requested entity already exists");
      if ((tombstones.get(name) ?? 0) > now)
        throw new StatusError(
          "ALREADY_EXISTS",
          "The task cannot be created because a task with this name existed too recently.",
        );
      const made: Task = {
        name,
        request: task.request,
        createdMs: now,
        // A time that is past is now, task.proto: `Task.schedule_time`.
        scheduleMs: Math.max(now, task.scheduleMs ?? now),
        deadlineMs: task.deadlineMs ?? DEFAULT_DEADLINE_MS,
        dispatches: 0,
        responses: 0,
        executions: 0,
      };
      const fault = taskFault(made, now);
      if (fault !== undefined) throw new StatusError("INVALID_ARGUMENT", fault);
      write({ op: "task", task: made });
      events.emit({ type: "taskCreated", task: name, scheduleMs: made.scheduleMs });
      queue.add(made);
      return made;
    },
    get: taskOf,
    list: (queue) => found(queue).tasks(),
    delete(name) {
      taskOf(name);
      queues.get(queueOf(name))!.remove(name);
      gone(name);
    },
    run(name) {
      taskOf(name);
      queues.get(queueOf(name))!.force(name);
      return taskOf(name);
    },
    purge(queue) {
      found(queue);
      clear(queue, clock.now());
      write({ op: "purge", queue, atMs: clock.now() });
    },
    pause(queue, paused) {
      found(queue).pause(paused);
      write({ op: "pause", queue, paused });
    },
    idle: () => [...queues.values()].every((queue) => queue.idle()),
    start() {
      started = true;
      for (const queue of queues.values()) queue.start();
    },
    stop() {
      started = false;
      for (const queue of queues.values()) queue.stop();
    },
  };
}
