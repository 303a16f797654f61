import { createAgenda } from "./agenda";
import type { Message } from "./types";

/** One message in one subscription, until it is acked. */
export interface Entry {
  readonly message: Message;
  /** Nacks and expired leases so far. */
  failures: number;
  /** `acked` only behind an unacked message of the same ordering key, whose redelivery may bring it back. */
  state: "waiting" | "leased" | "acked";
  notBeforeMs: number;
  /** The lease in force. */
  ackId?: string;
  /** Every ack id it ever had, so that they can be forgotten together. */
  readonly ackIds: string[];
}

/**
 * Which messages may be delivered next. Messages without an ordering key, and all of an unordered subscription, are
 * independent; those of one key form a lane that is delivered in order, a batch at a time. Every operation costs about
 * the same however many messages there are, but for those on a lane, which cost as much as the lane is long.
 */
export interface Backlog {
  add(message: Message, failures?: number): Entry;
  /** Waiting entries whose time has come, in the order in which it came. @param perKey most messages of one ordering key */
  ready(max: number, nowMs: number, perKey: number): Entry[];
  /** The instant at which a waiting entry becomes ready; undefined when none waits for time alone. */
  nextReadyMs(nowMs: number): number | undefined;
  leased(entry: Entry): void;
  /** @returns the entries that are gone for good: this one, and acked ones that had waited behind it */
  acked(entry: Entry): readonly Entry[];
  /** Back to waiting. @returns later entries of its key that were out or acked and will be delivered again */
  failed(entry: Entry, notBeforeMs: number): readonly Entry[];
  /** Takes an entry out, whatever its state: dead-lettered, expired or purged. */
  remove(entry: Entry): readonly Entry[];
  get(messageId: string): Entry | undefined;
  entries(): IterableIterator<Entry>;
  /** How many entries are not acked, and how many of those are leased. */
  counts(): { readonly unacked: number; readonly leased: number };
}

interface Lane {
  readonly key: string;
  readonly entries: Entry[];
  /** Entries that are leased: a batch is answered before the next one goes, since nothing may overtake what may come back. */
  leased: number;
}

/** @param keepsAcks whether an acked message stays acked when an earlier one of its key comes again */
export function createBacklog(ordering: boolean, keepsAcks: () => boolean = () => false): Backlog {
  const all = new Map<string, Entry>();
  const lanes = new Map<string, Lane>();
  /** Independent entries and lanes that can be delivered; insertion order is delivery order. */
  const open = new Set<Entry | Lane>();
  /** Those that can be delivered later; some have meanwhile been delivered or are gone. */
  const later = createAgenda<Entry | Lane>();
  const counts = { unacked: 0, leased: 0 };

  const laneOf = ({ message }: Entry) => (ordering && message.orderingKey ? lanes.get(message.orderingKey) : undefined);
  const headOf = (unit: Entry | Lane): Entry | undefined => {
    if (!("entries" in unit)) return unit.state === "waiting" && all.get(unit.message.id) === unit ? unit : undefined;
    if (unit.leased > 0 || lanes.get(unit.key) !== unit) return undefined;
    return unit.entries.find(({ state }) => state === "waiting");
  };
  /** Puts a unit where it now belongs. */
  const file = (unit: Entry | Lane) => {
    const head = headOf(unit);
    if (!head) open.delete(unit);
    else if (head.notBeforeMs === 0) open.add(unit);
    else {
      open.delete(unit);
      later.add(head.notBeforeMs, unit);
    }
  };
  const promote = (nowMs: number) => {
    for (let next = later.peek(); next; next = later.peek()) {
      const head = headOf(next.item);
      // Delivered, gone or put off meanwhile: it has been filed anew, if it still is something.
      const stale = !head || open.has(next.item) || head.notBeforeMs !== next.atMs;
      if (!stale && next.atMs > nowMs) return next.atMs;
      if (!stale) open.add(next.item);
      later.shift();
    }
    return undefined;
  };
  const move = (entry: Entry, state: Entry["state"], lane: Lane | undefined) => {
    const change = Number(state === "leased") - Number(entry.state === "leased");
    counts.leased += change;
    if (lane) lane.leased += change;
    counts.unacked += Number(state !== "acked") - Number(entry.state !== "acked");
    entry.state = state;
  };
  const takeOut = (entry: Entry, lane: Lane | undefined) => {
    move(entry, "acked", lane);
    all.delete(entry.message.id);
    open.delete(entry);
  };

  const backlog: Backlog = {
    add(message, failures = 0) {
      const entry: Entry = { message, failures, state: "waiting", notBeforeMs: 0, ackIds: [] };
      all.set(message.id, entry);
      counts.unacked++;
      if (!ordering || !message.orderingKey) {
        open.add(entry);
        return entry;
      }
      let lane = lanes.get(message.orderingKey);
      if (!lane) lanes.set(message.orderingKey, (lane = { key: message.orderingKey, entries: [], leased: 0 }));
      // At the end, unless a seek brings it back: ids grow with publishing.
      let at = lane.entries.length;
      while (at > 0 && Number(lane.entries[at - 1]!.message.id) > Number(message.id)) at--;
      lane.entries.splice(at, 0, entry);
      // Behind others it changes nothing about when the lane is next.
      if (headOf(lane) === entry) file(lane);
      return entry;
    },

    ready(max, nowMs, perKey) {
      promote(nowMs);
      const found: Entry[] = [];
      for (const unit of open) {
        if (found.length >= max) break;
        if (!("entries" in unit)) found.push(unit);
        else {
          const waiting = unit.entries.filter(({ state }) => state === "waiting");
          const pausing = waiting.findIndex(({ notBeforeMs }) => notBeforeMs > nowMs);
          const due = pausing < 0 ? waiting.length : pausing;
          found.push(...waiting.slice(0, Math.min(due, perKey, max - found.length)));
        }
      }
      return found;
    },

    nextReadyMs: promote,

    leased(entry) {
      const lane = laneOf(entry);
      move(entry, "leased", lane);
      open.delete(lane ?? entry);
    },

    acked(entry) {
      const lane = laneOf(entry);
      if (!lane || lane.entries[0] === entry) return backlog.remove(entry);
      move(entry, "acked", lane);
      file(lane);
      return [];
    },

    failed(entry, notBeforeMs) {
      const lane = laneOf(entry);
      move(entry, "waiting", lane);
      entry.notBeforeMs = notBeforeMs;
      if (!lane) {
        file(entry);
        return [];
      }
      // A redelivery makes Pub/Sub redeliver all later messages of the key, acknowledged ones too; only exactly-once
      // delivery holds that nothing comes after its ack. https://cloud.google.com/pubsub/docs/ordering
      const after = lane.entries.slice(lane.entries.indexOf(entry) + 1);
      const back = after.filter(({ state }) => state === "leased" || (state === "acked" && !keepsAcks()));
      for (const other of back) move(other, "waiting", lane);
      file(lane);
      return back;
    },

    remove(entry) {
      const lane = laneOf(entry);
      const gone = [entry];
      takeOut(entry, lane);
      if (!lane) return gone;
      lane.entries.splice(lane.entries.indexOf(entry), 1);
      while (lane.entries[0]?.state === "acked") {
        const next = lane.entries.shift()!;
        takeOut(next, lane);
        gone.push(next);
      }
      if (lane.entries.length === 0) lanes.delete(lane.key);
      file(lane);
      return gone;
    },

    get: (messageId) => all.get(messageId),
    entries: () => all.values(),
    counts: () => counts,
  };
  return backlog;
}
