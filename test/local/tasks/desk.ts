import type { Json } from "../../../contract/json";
import { virtualClock } from "../../../local/engine/clock";
import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { createEvents, type EngineEvent } from "../../../local/engine/events";
import type { Journal } from "../../../local/engine/journal";
import { seededRandom } from "../../../local/engine/random";
import { createTasks, QUEUE_DEFAULTS, type NewTask, type QueueConfig } from "../../../local/engine/tasks";

/** 2025-11-24T16:00:00Z. */
export const START = 1_764_000_000_000;
export const PARENT = "projects/p/locations/r";
export const QUEUE = `${PARENT}/queues/mails`;

export type Answer = number | { readonly status: number; readonly after: number } | "hang";

export const queueConfig = (
  rate: Partial<QueueConfig["rate"]> = {},
  retry: Partial<QueueConfig["retry"]> = {},
): QueueConfig => {
  const { perSecond, concurrent, ...rest } = QUEUE_DEFAULTS;
  return { name: QUEUE, rate: { perSecond, concurrent, ...rate }, retry: { ...rest, ...retry } };
};

export const task = (more: Partial<NewTask> = {}): NewTask => ({
  request: { url: "https://mail.example.com/send", method: "POST", headers: {}, body: "" },
  ...more,
});

/** Cloud Tasks on a virtual clock, with a handler that answers as told, then 200. */
export function startDesk({
  queue = queueConfig(),
  answers = [] as readonly Answer[],
  entries = [] as Json[],
  startMs = START,
} = {}) {
  const clock = virtualClock(startMs);
  const requests: (PushRequest & { readonly at: number })[] = [];
  const seen: EngineEvent[] = [];
  const events = createEvents(() => clock.now());
  events.on((event) => seen.push(event));
  const left = [...answers];
  const journal: Journal = { append: (_service, entry) => void entries.push(entry), flush: async () => {} };
  const tasks = createTasks({
    clock,
    random: seededRandom(1),
    events,
    journal,
    push: (request) =>
      new Promise<PushResult>((resolve) => {
        requests.push({ ...request, at: (clock.now() - startMs) / 1_000 });
        const answer = left.shift() ?? 200;
        if (answer === "hang") return void clock.after(request.timeoutMs, () => resolve({ kind: "timeout" }));
        const { status, after } = typeof answer === "number" ? { status: answer, after: 0 } : answer;
        const say = () => resolve({ kind: "status", status });
        if (after === 0) say();
        else clock.after(after * 1_000, say);
      }),
  });
  for (const entry of entries) tasks.replay(entry);
  tasks.ensure(queue);
  tasks.start();
  const ids = () => requests.map(({ messageId }) => messageId);
  return { clock, tasks, requests, seen, entries, ids };
}
