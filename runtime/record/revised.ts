import type { RecordData } from "../store/store";

/**
 * The same record with changes, and a revision that makes the store count it as a write. Every field is named, always in
 * the same order: a spread with changes makes a dictionary of a record, five times its size and dear to make.
 * @param to fields that are named and undefined are cleared
 */
export const revised = (record: RecordData, to: Partial<RecordData> = {}): RecordData => ({
  state: to.state ?? record.state,
  token: to.token ?? record.token,
  owner: to.owner ?? record.owner,
  revision: record.revision + 1,
  leaseMs: to.leaseMs ?? record.leaseMs,
  delayMs: to.delayMs ?? record.delayMs,
  attempts: to.attempts ?? record.attempts,
  lostLeases: to.lostLeases ?? record.lostLeases,
  handler: record.handler,
  epoch: to.epoch ?? record.epoch,
  messageId: to.messageId ?? record.messageId,
  fingerprint: record.fingerprint,
  firstSeenMs: record.firstSeenMs,
  result: "result" in to ? to.result : record.result,
  steps: "steps" in to ? to.steps : record.steps,
  error: "error" in to ? to.error : record.error,
  outbox: to.outbox ?? record.outbox,
  expireAtMs: to.expireAtMs ?? record.expireAtMs,
});
