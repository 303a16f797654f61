import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import { type Issue, IssuesError } from "../../contract/issue";
import { sleep } from "../clock";
import { logDelivery, prepare, type Prepared, type RuntimeOptions } from "../core";
import { deliver } from "../deliver";
import type { Handler } from "../handler";
import type { Log } from "../log";
import type { Outcome } from "../outcome";
import { createShutdown, drain, type Shutdown } from "../shutdown";
import { concernsUncalled, excludedFrom } from "../uncalled";
import { claimTask, type TaskClaim } from "./claim";
import { incomingOf, type Placed, remaining } from "./items";
import { type Job, toJob } from "./job";
import { createPlaces } from "./places";
import { type JobTask, readTask } from "./task";
import { createWatermark, type Watermark } from "./watermark";

export interface JobOptions extends RuntimeOptions {
  /** Which task this is. @default what Cloud Run says */
  readonly task?: JobTask;
}

/** What became of a task, in numbers of items unless it says otherwise. */
export interface TaskSummary {
  /** Taken up by this attempt. */
  readonly items: number;
  /** Settled by earlier attempts, and passed over. */
  readonly skipped: number;
  readonly done: number;
  /** Their effect had happened before. */
  readonly replayed: number;
  readonly parked: number;
  /** Neither done nor parked; a later attempt has them again. */
  readonly failed: number;
  /** Nothing is left to do. */
  readonly complete: boolean;
}

/** A task that runs. */
export interface RunningTask {
  readonly log: Log;
  /** Resolves once it is over, one way or the other. */
  readonly ended: Promise<TaskSummary>;
  /** Takes no more items, lets the rest finish for up to 8 s, keeps how far it has come. Resolves within 10 s. */
  close(): Promise<void>;
}

/** A checkpoint is kept this often while there is progress; a crash repeats no more, and the records replay that. */
const CHECKPOINT_MS = 5_000;
/** Items that rest before another try, at most; the next one keeps its place meanwhile. */
const MAX_RESTING = 1_000;
/** Tries of an item beyond the contract's attempts: those that never met its record. */
const MORE_TRIES = 2;

/** The tries of an item are made here and not by the transport, which would repeat the whole task. */
const concernsTask = (issue: Issue): boolean => concernsUncalled(issue) && issue.code !== "MR3031";

/**
 * Handles the items of one task of a Cloud Run job. `runJob` is this for a whole process.
 * @throws IssuesError when the environment and the contract disagree, or it is no task (MR3024) or no job may bring
 * its events (MR3026); StoreUnavailable
 */
export async function startTask(given: Job | Handler, options: JobOptions = {}): Promise<RunningTask> {
  const job = toJob(given);
  const { manifest } = job.contract;
  const excluded = excludedFrom(job, "job");
  if (excluded.length > 0) throw new IssuesError(excluded);
  const task = options.task ?? readTask(manifest.name, options.env ?? process.env);
  const prepared = prepare(job.handler, options, concernsTask);
  const log = prepared.log.with({ execution: task.execution, task: task.index });
  const { store, clock, random, newId } = prepared;
  const shutdown = createShutdown();
  const counts = { items: 0, skipped: 0, done: 0, replayed: 0, parked: 0, failed: 0 };

  const run = async (): Promise<TaskSummary> => {
    const claimed = await claimTask(manifest, task, { store, clock, random, newId, stop: shutdown.begun });
    if (claimed === "over" || claimed === "stopped") {
      log.info(claimed === "over" ? "the task was over already" : "the task was stopped before it began");
      return { ...counts, complete: claimed === "over" };
    }
    const watermark = createWatermark(claimed.progress);
    const ending = await handleAll({
      job,
      task,
      claimed,
      watermark,
      counts,
      shutdown,
      random,
      prepared: { ...prepared, log },
    });
    const why = ending ?? (counts.failed > 0 ? `${counts.failed} items failed` : undefined);
    const summary = { ...counts, complete: why === undefined };
    if (claimed.lost.aborted) log.warn("the task belongs to another attempt of it", summary);
    else if (why === undefined) await claimed.complete(summary);
    else await claimed.release(watermark.progress, why);
    log[why === undefined ? "info" : "error"](
      why === undefined ? "the task is complete" : `the task is not complete: ${why}`,
      summary,
    );
    return summary;
  };
  const ended = run();
  return { log, ended, close: () => drain(shutdown, clock, () => ended.catch(() => {})) };
}

interface Work {
  readonly job: Job;
  readonly task: JobTask;
  readonly claimed: TaskClaim;
  readonly watermark: Watermark;
  readonly counts: { -readonly [Count in Exclude<keyof TaskSummary, "complete">]: number };
  readonly shutdown: Shutdown;
  readonly random: () => number;
  readonly prepared: Prepared;
}

/** @returns why not all items were taken up, or nothing when they were */
async function handleAll(work: Work): Promise<string | undefined> {
  const { job, task, claimed, watermark, counts, shutdown, prepared } = work;
  const { clock, log } = prepared;
  const { concurrency, order } = job.contract.manifest;
  const places = createPlaces(order ? 1 : concurrency);
  const over = new AbortController();
  const stop = AbortSignal.any([shutdown.begun, claimed.lost, over.signal]);
  const rests = createPlaces(MAX_RESTING);
  stop.addEventListener("abort", () => {
    places.close();
    rests.close();
  });

  /** Holds its place, except while it rests; in an ordered job nothing else may be begun meanwhile. */
  const handle = async (placed: Placed): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const { outcome, attempt } = await deliverItem(placed, work);
      if (outcome.kind === "done" || outcome.kind === "replayed" || outcome.kind === "parked") {
        counts[outcome.kind]++;
        watermark.settle(placed.position, placed.cursor);
        return places.give();
      }
      if (outcome.kind === "rejected" || tries >= job.contract.manifest.attempts + MORE_TRIES || stop.aborted) break;
      if (!prepared.deadLetterTopic && (attempt ?? 0) >= job.contract.manifest.attempts) break;
      const pauseMs = pauseBefore(tries, outcome, work);
      if (order || !(await rests.take())) {
        await sleep(clock, pauseMs, stop);
        continue;
      }
      places.give();
      await sleep(clock, pauseMs, stop);
      rests.give();
      if (!(await places.take())) return void counts.failed++;
    }
    counts.failed++;
    places.give();
  };

  const checkpoints = keepCheckpoints(work, over.signal);
  const works = new Set<Promise<void>>();
  let failure: string | undefined;
  try {
    // Whoever stops does not wait for a source that has nothing to say.
    const stopped = new Promise<undefined>((resolve) => stop.addEventListener("abort", () => resolve(undefined)));
    const items = remaining(job, task, claimed.progress, () => void counts.skipped++);
    for (;;) {
      const next = await Promise.race([items.next(), stopped]);
      if (!next || next.done) break;
      if (!(await places.take())) break;
      counts.items++;
      const one = handle(next.value);
      works.add(one);
      void one.finally(() => works.delete(one));
    }
    void items.return(undefined).catch(() => {});
  } catch (error) {
    log.error("the items could not be listed", { error });
    failure = "the items could not be listed";
  }
  await Promise.all(works);
  over.abort();
  await checkpoints;
  if (claimed.lost.aborted) return "it belongs to another attempt of it";
  if (shutdown.begun.aborted) return "it was told to stop";
  return failure;
}

async function deliverItem(placed: Placed, { job, task, shutdown, prepared }: Work) {
  const { clock, log } = prepared;
  const incoming = incomingOf(placed, task);
  const receivedMs = clock.now();
  const deadlineMs = job.contract.manifest.timeLimitMs + DEADLINE_MARGIN_MS;
  // The record counts: neither a task nor its retries say how often an item was tried.
  const delivered = await deliver(incoming, receivedMs, shutdown, {
    ...prepared,
    deadlineMs,
    maxDeliveryAttempts: undefined,
  });
  logDelivery(log, incoming, delivered, clock.now() - receivedMs);
  return delivered;
}

/** The pause that the contract asks of a transport; half of it is random, so that items do not return in step. */
function pauseBefore(tries: number, outcome: Outcome, { job, random }: Work): number {
  const { minBackoffMs, maxBackoffMs } = job.contract.manifest;
  const pause = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(tries - 1, 30)) * (0.5 + random() / 2);
  return Math.max(pause, outcome.kind === "retry" ? (outcome.afterMs ?? 0) : 0);
}

/** Keeps how far the task has come, every few seconds in which it has. */
async function keepCheckpoints({ claimed, watermark, prepared }: Work, over: AbortSignal): Promise<void> {
  const { clock, log } = prepared;
  let kept = claimed.progress.settled;
  for (;;) {
    await sleep(clock, CHECKPOINT_MS, over);
    if (over.aborted || claimed.lost.aborted) return;
    const { progress } = watermark;
    if (progress.settled === kept) continue;
    try {
      await claimed.save(progress);
      kept = progress.settled;
    } catch (error) {
      log.warn("the checkpoint could not be kept; an earlier one counts", { error });
    }
  }
}
