import type { Message } from "./types";

/** One message in one subscription, until it is acked. */
export interface Entry {
  readonly message: Message;
  /** Order of arrival in the subscription. */
  readonly sequence: number;
  /** Nacks and expired leases so far. */
  failures: number;
  /** `acked` only behind an unacked message of the same ordering key, whose redelivery would bring it back. */
  state: "waiting" | "leased" | "acked";
  notBeforeMs: number;
  /** The lease in force. */
  ackId?: string;
  /** Every ack id it ever had, so that they can be forgotten together. */
  readonly ackIds: string[];
}

/**
 * Which messages may be delivered next. Messages without an ordering key, and all of an unordered subscription, are
 * independent; those of one key form a lane that is delivered in order, a batch at a time.
 */
export interface Backlog {
  add(message: Message, failures?: number): Entry;
  /** Waiting entries whose time has come, oldest first. @param perKey most messages of one ordering key */
  ready(max: number, nowMs: number, perKey: number): Entry[];
  /** The instant at which a waiting entry becomes ready; undefined when none waits for time alone. */
  nextReadyMs(nowMs: number): number | undefined;
  leased(entry: Entry): void;
  /** @returns the entries that are gone for good: this one, and acked ones that had waited behind it */
  acked(entry: Entry): readonly Entry[];
  /** Back to waiting. @returns later entries of its key that were leased or acked and will be delivered again */
  failed(entry: Entry, notBeforeMs: number): readonly Entry[];
  /** Takes an entry out, whatever its state: dead-lettered, expired or purged. */
  remove(entry: Entry): readonly Entry[];
  get(messageId: string): Entry | undefined;
  entries(): IterableIterator<Entry>;
  readonly size: number;
}

interface Lane {
  readonly key: string;
  readonly entries: Entry[];
  /** Entries that do not wait. */
  busy: number;
}

export function createBacklog(ordering: boolean): Backlog {
  const all = new Map<string, Entry>();
  /** Independent entries that wait; insertion order is delivery order. */
  const free = new Set<Entry>();
  const lanes = new Map<string, Lane>();
  /** Lanes that hold something and have nothing outstanding. */
  const open = new Set<Lane>();
  let sequence = 0;

  const laneOf = ({ message }: Entry) => (ordering && message.orderingKey ? lanes.get(message.orderingKey) : undefined);
  const review = (lane: Lane) => {
    if (lane.entries.length === 0) lanes.delete(lane.key);
    // A batch that is out is answered before the next one goes: nothing may overtake what may yet come back.
    if (lane.entries.length > 0 && lane.busy === 0) open.add(lane);
    else open.delete(lane);
  };
  const move = (entry: Entry, state: Entry["state"], lane: Lane | undefined) => {
    if (lane) lane.busy += Number(state !== "waiting") - Number(entry.state !== "waiting");
    entry.state = state;
  };
  const drop = (entry: Entry) => {
    all.delete(entry.message.id);
    free.delete(entry);
  };
  const takeOut = (lane: Lane, entry: Entry): Entry[] => {
    lane.entries.splice(lane.entries.indexOf(entry), 1);
    const gone = [entry];
    while (lane.entries[0]?.state === "acked") gone.push(lane.entries.shift()!);
    for (const each of gone) {
      move(each, "waiting", lane);
      drop(each);
    }
    review(lane);
    return gone;
  };

  const backlog: Backlog = {
    add(message, failures = 0) {
      const entry: Entry = { message, sequence: sequence++, failures, state: "waiting", notBeforeMs: 0, ackIds: [] };
      all.set(message.id, entry);
      if (!ordering || !message.orderingKey) {
        free.add(entry);
        return entry;
      }
      let lane = lanes.get(message.orderingKey);
      if (!lane) lanes.set(message.orderingKey, (lane = { key: message.orderingKey, entries: [], busy: 0 }));
      lane.entries.push(entry);
      if (lane.entries.length === 1) open.add(lane);
      return entry;
    },

    ready(max, nowMs, perKey) {
      const found: Entry[] = [];
      for (const entry of free) {
        if (found.length >= max) break;
        if (entry.notBeforeMs <= nowMs) found.push(entry);
      }
      for (const { entries } of open) {
        if (found.length >= max) break;
        if (entries[0]!.notBeforeMs <= nowMs) found.push(...entries.slice(0, Math.min(perKey, max - found.length)));
      }
      return found.sort((a, b) => a.sequence - b.sequence);
    },

    nextReadyMs(nowMs) {
      let next: number | undefined;
      const consider = ({ notBeforeMs }: Entry) => {
        if (notBeforeMs > nowMs && (next === undefined || notBeforeMs < next)) next = notBeforeMs;
      };
      for (const entry of free) consider(entry);
      for (const { entries } of open) consider(entries[0]!);
      return next;
    },

    leased(entry) {
      const lane = laneOf(entry);
      move(entry, "leased", lane);
      free.delete(entry);
      if (lane) open.delete(lane);
    },

    acked(entry) {
      const lane = laneOf(entry);
      if (lane && lane.entries[0] !== entry) {
        move(entry, "acked", lane);
        return [];
      }
      return backlog.remove(entry);
    },

    failed(entry, notBeforeMs) {
      const lane = laneOf(entry);
      move(entry, "waiting", lane);
      entry.notBeforeMs = notBeforeMs;
      if (!lane) {
        free.add(entry);
        return [];
      }
      // "When a message is redelivered, all later messages of its key are redelivered too, even acknowledged ones."
      // https://cloud.google.com/pubsub/docs/ordering
      const later = lane.entries.filter((other) => other.sequence > entry.sequence && other.state !== "waiting");
      for (const other of later) move(other, "waiting", lane);
      review(lane);
      return later;
    },

    remove(entry) {
      const lane = laneOf(entry);
      if (lane) return takeOut(lane, entry);
      drop(entry);
      return [entry];
    },

    get: (messageId) => all.get(messageId),
    entries: () => all.values(),
    get size() {
      return all.size;
    },
  };
  return backlog;
}
