import type { Json } from "../../../contract/json";
import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import type { PushTransport } from "../delivery";
import type { Events } from "../events";
import type { Journal, Journaled } from "../journal";
import type { Random } from "../random";
import { deadLettered } from "./dead-letter";
import { type ExportTarget, startExport } from "./export";
import { createHistory, type History, type Snapshot } from "./history";
import { type Admitted, createIntake, type Publication } from "./intake";
import { encodeMessage, type Entry, replayInto } from "./journal";
import { checkName, filterOf, idOf, subscriptionFault, topicFault } from "./limits";
import { startPush } from "./push";
import { createSchemas } from "./schemas";
import { createSnapshots } from "./snapshots";
import { createSubscription, type Subscription } from "./subscription";
import { createTransforms } from "./transforms";
import {
  DELETED_TOPIC,
  type Message,
  type SubscriptionConfig,
  type SubscriptionStats,
  type TopicConfig,
} from "./types";

export interface PubSubOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly journal: Journal;
  readonly push: PushTransport;
  /**
   * Whether Pub/Sub's service agent holds both grants that dead-lettering needs: publisher on the topic, subscriber on
   * the subscription. Without them production keeps redelivering and says nothing. @default always
   */
  readonly canDeadLetter?: (subscription: string, deadLetterTopic: string) => boolean;
  /** Where subscriptions write that are neither pushed nor pulled. @default they wait to be pulled */
  readonly exportTo?: ExportTarget;
  /** Longest that a message transform may take, milliseconds on the wall. @default Google's 500 */
  readonly transformLimitMs?: number;
}

/** A broker with Pub/Sub's delivery semantics. Faults of a caller are thrown as StatusError. */
export interface PubSub extends Journaled {
  /** @throws ALREADY_EXISTS, INVALID_ARGUMENT */
  createTopic(config: TopicConfig): void;
  /** Creates the topic or gives it this configuration: what applying a plan twice comes to. */
  ensureTopic(config: TopicConfig): void;
  topic(name: string): TopicConfig;
  topics(): readonly TopicConfig[];
  deleteTopic(name: string): void;
  createSubscription(config: SubscriptionConfig): void;
  /** Creates the subscription or updates it in place; its topic, filter and ordering cannot change. */
  ensureSubscription(config: SubscriptionConfig): void;
  updateSubscription(config: SubscriptionConfig): void;
  subscription(name: string): Subscription;
  subscriptions(): readonly SubscriptionConfig[];
  deleteSubscription(name: string): void;
  /** @returns the message ids, in the order given */
  publish(topic: string, messages: readonly Publication[]): string[];
  /** Remembers what is unacked in a subscription, for seven days. */
  createSnapshot(name: string, subscription: string): Snapshot;
  snapshot(name: string): Snapshot;
  snapshots(): readonly Snapshot[];
  deleteSnapshot(name: string): void;
  /** Moves a subscription to an instant or to a snapshot: later messages become unacked, earlier ones acked. */
  seek(subscription: string, to: { readonly timeMs: number } | { readonly snapshot: string }): void;
  stats(subscription: string): SubscriptionStats;
  /** Whether nothing is left to deliver on the subscriptions that the engine itself delivers. */
  idle(): boolean;
  /** Starts delivery; until then replayed and published messages wait. */
  start(): void;
  stop(): void;
}

/** Message ids are decimal and grow, as production's do. */
const FIRST_ID = 1_000_000_000_000_000;

export function createPubSub(options: PubSubOptions): PubSub {
  const { clock, random, events, journal } = options;
  const transforms = createTransforms(options.transformLimitMs);
  const topics = new Map<string, TopicConfig>();
  const live = new Map<string, { subscription: Subscription; history: History; push?: { stop(): void } }>();
  let nextId = FIRST_ID;
  const schemas = createSchemas();
  const intake = createIntake({ clock, transforms, schemas, nextId: () => String(nextId++) });
  const seen = (id: number) => void (nextId = Math.max(nextId, id + 1));
  const epoch = clock.now().toString(36);
  /** What each topic retains itself, for subscriptions that come later. */
  const archives = new Map<string, History>();
  let started = false;
  let replaying = false;
  const write = (entry: Entry) => {
    if (!replaying) journal.append("pubsub", asJson(entry));
  };

  const found = (name: string) => {
    const state = live.get(name);
    if (!state) throw new StatusError("NOT_FOUND", `Subscription does not exist (resource=${idOf(name)}).`);
    return state;
  };
  const topicOf = (name: string) => {
    const topic = topics.get(name);
    if (!topic) throw new StatusError("NOT_FOUND", `Topic not found (resource=${idOf(name)}).`);
    return topic;
  };

  const archiveOf = (topic: string) => {
    const retentionMs = () => topics.get(topic)?.retentionMs ?? 0;
    const known = archives.get(topic) ?? createHistory({ clock, retentionMs, restore: () => undefined });
    archives.set(topic, known);
    return known;
  };
  const snapshots = createSnapshots({
    clock,
    write,
    nextId: () => String(nextId),
    found,
    on: (topic) => [...live.values()].filter(({ subscription }) => subscription.config.topic === topic),
  });

  /** Puts a message into a topic: every subscription of it gets its own copy. */
  const put = (topic: string, message: Message) => {
    events.emit({ type: "published", topic, messageId: message.id });
    archiveOf(topic).keep(message);
    for (const { subscription, history } of live.values()) {
      if (subscription.config.topic !== topic || subscription.config.detached) continue;
      history.keep(message);
      subscription.offer(message);
    }
  };
  const store = (topic: string, admitted: Admitted): string => {
    if ("droppedBy" in admitted) {
      events.emit({ type: "dropped", by: topic, messageId: admitted.id, functionName: admitted.droppedBy });
      return admitted.id;
    }
    const { message } = admitted;
    write({ op: "publish", topic, message: encodeMessage(message) });
    put(topic, message);
    return message.id;
  };
  /** @returns why the message cannot go to the dead-letter topic, if it cannot */
  const forward = (message: Message, name: string, failures: number): string | undefined => {
    const { topic } = found(name).subscription.config.deadLetter!;
    if (!topics.has(topic)) return `${topic} does not exist`;
    if (options.canDeadLetter && !options.canDeadLetter(name, topic))
      return `Pub/Sub's service agent may not publish to ${topic} or not take messages from the subscription`;
    try {
      store(topic, intake.admit(topicOf(topic), deadLettered(message, name, failures)));
      return undefined;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return error.message;
    }
  };

  const open = (config: SubscriptionConfig) => {
    const { name } = config;
    const history = createHistory({
      clock,
      retentionMs: () => {
        const { retainAcked, retentionMs, topic } = found(name).subscription.config;
        return Math.max(retainAcked ? retentionMs : 0, topics.get(topic)?.retentionMs ?? 0);
      },
      pinned: () => snapshots.pins(found(name).subscription.config.topic),
      restore(message) {
        // It may still be there, acked behind an unacked message of its key.
        subscription.discard(message.id);
        write({ op: "pending", subscription: name, failures: 0, message: encodeMessage(message) });
        subscription.offer(message);
      },
    });
    const subscription = createSubscription(config, filterOf(config), {
      clock,
      random: random.fork(name),
      events,
      log: {
        acked: (messageId) => write({ op: "ack", subscription: name, id: messageId }),
        failed: (messageId, failures) => write({ op: "fail", subscription: name, id: messageId, failures }),
      },
      epoch,
      deadLetter: (message, failures) => forward(message, name, failures),
      transform: (message) => transforms.apply(subscription.config.transforms, message),
    });
    live.set(name, { subscription, history });
    for (const message of archiveOf(config.topic).retained()) history.keep(message);
    if (started) deliver(name);
  };
  const deliver = (name: string) => {
    const state = found(name);
    state.push?.stop();
    delete state.push;
    const { push, export: to } = state.subscription.config;
    if (push) state.push = startPush(state.subscription, options.push, clock);
    else if (to && options.exportTo) state.push = startExport(state.subscription, options.exportTo, clock);
  };
  const close = (name: string) => {
    const { subscription, push } = found(name);
    push?.stop();
    live.delete(name);
    subscription.close("deleted");
  };

  const checked = (config: SubscriptionConfig) => {
    checkName(config.name, "subscriptions");
    if (config.topic !== DELETED_TOPIC) topicOf(config.topic);
    const fault = subscriptionFault(config) ?? transforms.fault(config.transforms);
    if (fault) throw new StatusError("INVALID_ARGUMENT", fault);
    filterOf(config);
  };

  const apply: Parameters<typeof replayInto>[1] = {
    topic: (config) => void topics.set(config.name, config),
    dropTopic: (name) => {
      topics.delete(name);
      archives.delete(name);
      for (const { subscription } of live.values())
        if (subscription.config.topic === name) subscription.config = { ...subscription.config, topic: DELETED_TOPIC };
    },
    subscription: (config) => {
      const state = live.get(config.name);
      if (state) state.subscription.config = config;
      else open(config);
    },
    dropSubscription: close,
    publish: (topic, message) => {
      seen(Number(message.id));
      put(topic, message);
    },
    pending: (name, message, failures) => {
      seen(Number(message.id));
      live.get(name)?.history.keep(message);
      live.get(name)?.subscription.offer(message, failures);
    },
    retained: (name, message) => {
      seen(Number(message.id));
      live.get(name)?.history.keep(message);
    },
    kept: (topic, message) => {
      seen(Number(message.id));
      archiveOf(topic).keep(message);
    },
    lastId: (id) => seen(Number(id)),
    ...snapshots.replay,
    ack: (name, id) => live.get(name)?.subscription.discard(id),
    fail: (name, id, failures) => live.get(name)?.subscription.restore(id, failures),
  };

  const self: PubSub = {
    journalName: "pubsub",
    replay(entry) {
      replaying = true;
      replayInto(entry as unknown as Entry, apply);
      replaying = false;
    },
    *compact() {
      // An id that is given twice would make a consumer take a new message for one it has handled.
      yield asJson({ op: "lastId", id: String(nextId - 1) });
      for (const config of topics.values()) yield asJson({ op: "topic", config });
      for (const { subscription } of live.values()) yield asJson({ op: "subscription", config: subscription.config });
      for (const snapshot of snapshots.list()) yield asJson({ op: "snapshot", snapshot });
      for (const [topic, archive] of archives)
        for (const message of archive.retained()) yield asJson({ op: "kept", topic, message: encodeMessage(message) });
      for (const { subscription: own, history } of live.values()) {
        const subscription = own.config.name;
        const pending = new Set(own.pending().map(({ message }) => message.id));
        for (const message of history.retained())
          if (!pending.has(message.id)) yield asJson({ op: "retained", subscription, message: encodeMessage(message) });
        for (const { message, failures } of own.pending())
          yield asJson({ op: "pending", subscription, failures, message: encodeMessage(message) });
      }
    },

    createTopic(config) {
      checkName(config.name, "topics");
      if (topics.has(config.name))
        throw new StatusError("ALREADY_EXISTS", `Topic already exists (resource=${idOf(config.name)}).`);
      self.ensureTopic(config);
    },
    ensureTopic(config) {
      checkName(config.name, "topics");
      const fault = topicFault(config) ?? transforms.fault(config.transforms) ?? schemas.fault(config.schema);
      if (fault) throw new StatusError("INVALID_ARGUMENT", fault);
      topics.set(config.name, config);
      write({ op: "topic", config });
    },
    topic: topicOf,
    topics: () => [...topics.values()],
    deleteTopic(name) {
      topicOf(name);
      apply.dropTopic(name);
      write({ op: "dropTopic", name });
    },

    createSubscription(config) {
      checked(config);
      if (live.has(config.name))
        throw new StatusError("ALREADY_EXISTS", `Subscription already exists (resource=${idOf(config.name)}).`);
      open(config);
      write({ op: "subscription", config });
    },
    ensureSubscription(config) {
      if (live.has(config.name)) self.updateSubscription(config);
      else self.createSubscription(config);
    },
    updateSubscription(config) {
      const { subscription } = found(config.name);
      checked(config);
      const { topic, filter, ordering, detached } = subscription.config;
      if (topic !== config.topic || filter !== config.filter || ordering !== config.ordering)
        throw new StatusError("INVALID_ARGUMENT", "topic, filter and message ordering of a subscription cannot change");
      // Nothing attaches it again.
      subscription.config = detached ? { ...config, detached } : config;
      write({ op: "subscription", config: subscription.config });
      if (started) deliver(config.name);
    },
    subscription: (name) => found(name).subscription,
    subscriptions: () => [...live.values()].map(({ subscription }) => subscription.config),
    deleteSubscription(name) {
      close(name);
      write({ op: "dropSubscription", name });
    },

    publish(topic, messages) {
      return intake.admitAll(topicOf(topic), messages).map((admitted) => store(topic, admitted));
    },

    createSnapshot: (name, subscription) => snapshots.create(name, subscription),
    snapshot: (name) => snapshots.get(name),
    snapshots: () => snapshots.list(),
    deleteSnapshot: (name) => snapshots.delete(name),
    seek: (subscription, to) => snapshots.seek(subscription, to),

    stats: (name) => found(name).subscription.stats(),
    // A file that is open is finished by the clock, and nothing else waits for it.
    idle: () =>
      [...live.values()].every(({ subscription }) => {
        const { push, export: to } = subscription.config;
        return !(push || to?.kind === "bigquery") || subscription.stats().unacked === 0;
      }),
    start() {
      started = true;
      for (const name of live.keys()) deliver(name);
    },
    stop() {
      transforms.stop();
      for (const { subscription, push } of live.values()) {
        push?.stop();
        subscription.close("stopped");
      }
    },
  };
  return self;
}

/** Entries are made of JSON alone; their interfaces just do not say so. */
const asJson = (entry: Entry) => entry as unknown as Json;
