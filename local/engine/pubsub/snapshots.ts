import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import { type History, type Snapshot, SNAPSHOT_LIFE_MS } from "./history";
import type { Entry } from "./journal";
import { checkName, idOf } from "./limits";
import type { Subscription } from "./subscription";

/** A subscription and what can be brought back to it. */
export interface Followed {
  readonly subscription: Subscription;
  readonly history: History;
}

export interface SnapshotsOptions {
  readonly clock: Clock;
  readonly write: (entry: Entry) => void;
  /** Id of the next message that is published. */
  readonly nextId: () => string;
  /** @throws NOT_FOUND */
  readonly found: (subscription: string) => Followed;
  /** Every subscription of a topic. */
  readonly on: (topic: string) => readonly Followed[];
}

/** What was unacked in subscriptions when somebody asked to remember it. */
export interface Snapshots {
  /** @throws ALREADY_EXISTS, NOT_FOUND for the subscription */
  create(name: string, subscription: string): Snapshot;
  /** @throws NOT_FOUND, also for one that is too old */
  get(name: string): Snapshot;
  list(): readonly Snapshot[];
  /** @throws NOT_FOUND */
  delete(name: string): void;
  /** Whether one of the topic lives: it retains messages for itself alone. */
  pins(topic: string): boolean;
  /** Moves a subscription to an instant or to a snapshot. @throws NOT_FOUND, INVALID_ARGUMENT */
  seek(subscription: string, to: { readonly timeMs: number } | { readonly snapshot: string }): void;
  /** Takes in one that the journal knows, or forgets it. */
  readonly replay: { snapshot(snapshot: Snapshot): void; dropSnapshot(name: string): void };
}

export function createSnapshots({ clock, write, nextId, found, on }: SnapshotsOptions): Snapshots {
  const snapshots = new Map<string, Snapshot>();
  const isLive = ({ takenMs }: Snapshot) => takenMs + SNAPSHOT_LIFE_MS > clock.now();
  const take = (snapshot: Snapshot) => {
    snapshots.set(snapshot.name, snapshot);
    const unacked = new Set(snapshot.unacked);
    const followed = on(snapshot.topic);
    const messages = followed.flatMap(({ subscription }) => subscription.unacked()).filter(({ id }) => unacked.has(id));
    // Any subscription of the topic may be moved to the snapshot.
    for (const { history } of followed) for (const message of messages) history.keep(message);
  };
  const get = (name: string) => {
    const snapshot = snapshots.get(name);
    if (snapshot && isLive(snapshot)) return snapshot;
    throw new StatusError("NOT_FOUND", `Snapshot does not exist (resource=${idOf(name)}).`);
  };
  return {
    create(name, from) {
      checkName(name, "snapshots");
      if (snapshots.has(name))
        throw new StatusError("ALREADY_EXISTS", `Snapshot already exists (resource=${idOf(name)}).`);
      const { subscription } = found(from);
      const snapshot: Snapshot = {
        name,
        topic: subscription.config.topic,
        unacked: subscription.unacked().map(({ id }) => id),
        nextId: nextId(),
        takenMs: clock.now(),
      };
      take(snapshot);
      write({ op: "snapshot", snapshot });
      return snapshot;
    },
    get,
    list: () => [...snapshots.values()],
    delete(name) {
      get(name);
      snapshots.delete(name);
      write({ op: "dropSnapshot", name });
    },
    pins: (topic) => [...snapshots.values()].some((one) => one.topic === topic && isLive(one)),
    seek(name, to) {
      const { subscription, history } = found(name);
      if ("timeMs" in to) return history.seekToTime(subscription, to.timeMs);
      const snapshot = get(to.snapshot);
      if (snapshot.topic !== subscription.config.topic)
        throw new StatusError("INVALID_ARGUMENT", "the snapshot was taken of another topic's subscription");
      history.seekToSnapshot(subscription, snapshot);
    },
    replay: { snapshot: take, dropSnapshot: (name) => void snapshots.delete(name) },
  };
}
