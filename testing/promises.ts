import type { HandlerKit } from "./kit";
import type { RecordWrite } from "./journal";

/**
 * What the runtime promises of every handler, as far as a test has seen it: nothing is acknowledged before its end, an
 * end is final, a fence only grows, a transactional effect happens once and never beside a parked event, and nothing is
 * acknowledged while its messages are unpublished.
 * @returns what was broken, in words
 */
export async function brokenPromises(kit: HandlerKit<never>): Promise<readonly string[]> {
  const broken = kit.records.flatMap(faultOf);
  const commits = new Map<string, number>();
  const last = new Map<string, RecordWrite>();
  for (const write of kit.records) {
    last.set(write.key, write);
    if (write.effects > 0) commits.set(write.key, (commits.get(write.key) ?? 0) + 1);
  }
  for (const [key, count] of commits) {
    if (count > 1) broken.push(`the transactional effect of ${key} was committed ${count} times`);
    if (last.get(key)!.record.state === "PARKED") broken.push(`${key} was parked although its effect was committed`);
  }
  const sent = new Set([...kit.published, ...kit.parked].map(({ dedupeId }) => dedupeId));
  for (const { number, event, outcome, acked } of kit.deliveries) {
    if (!acked) continue;
    const key = await kit.recordKey(event);
    const state = key === undefined ? undefined : last.get(key)?.record.state;
    // An event whose key belongs to another one, or that has none, is parked without a record of its own.
    if (outcome.kind !== "parked" && state !== "DONE")
      broken.push(`delivery ${number} of ${event.id} was answered ${outcome.kind} although the event is ${state}`);
    for (const id of last.get(key ?? "")?.record.outbox ?? [])
      if (!sent.has(id)) broken.push(`delivery ${number} of ${event.id} was acknowledged before ${id} was published`);
  }
  return broken;
}

function faultOf({ key, before, record, atMs }: RecordWrite): readonly string[] {
  if (!before || before.expireAtMs <= atMs) return [];
  const ended = before.state === "DONE" || before.state === "PARKED";
  if (ended && record.state !== before.state) return [`${key} became ${record.state} after ${before.state}`];
  const grows = record.owner === before.owner ? record.token >= before.token : record.token > before.token;
  return ended || grows ? [] : [`${key}: token ${before.token} was followed by ${record.token} of another owner`];
}
