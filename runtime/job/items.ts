import type { Incoming } from "../decode/incoming";
import { parseJson } from "../decode/incoming";
import type { Progress } from "./claim";
import type { Items, Job } from "./job";
import type { JobTask } from "./task";

/** An item of a task, and its place among the task's items. */
export interface Placed {
  /** From 0, counted over all attempts of the task. */
  readonly position: number;
  readonly item: unknown;
  readonly cursor?: string;
}

/** The items that a task has still to settle. @param skipped is told of each one that is passed over */
export async function* remaining(
  job: Job,
  task: JobTask,
  { settled, cursor: after }: Progress,
  skipped: () => void,
): AsyncGenerator<Placed> {
  const shard = { ...task, ...(after !== undefined && { after }) };
  const listed: Items<unknown> = await (job.itemsOf ? job.itemsOf(shard) : job.items!());
  // A source that was told where to go on has left out what is settled.
  let position = job.cursor && after !== undefined ? settled : 0;
  let n = 0;
  for await (const item of listed) {
    if (!job.itemsOf && n++ % task.count !== task.index) continue;
    const at = position++;
    if (at < settled) skipped();
    else yield { position: at, item, ...(job.cursor && { cursor: job.cursor(item) }) };
  }
}

/** The item as an event. Its id is the same for every attempt of the task. */
export function incomingOf({ position, item, cursor }: Placed, { execution, index, job }: JobTask): Incoming {
  const data = Buffer.isBuffer(item) ? item : Buffer.from(JSON.stringify(item) ?? "");
  return {
    data,
    // As it would come back from the dead letters: by way of JSON.
    payload: () => parseJson(data),
    // Nobody has the item after this execution, so what cannot be understood is parked too.
    givesUpAfter: Number.POSITIVE_INFINITY,
    meta: { id: `${execution}/${index}/${cursor ?? position}`, attributes: {}, ...(job && { source: job }) },
  };
}
