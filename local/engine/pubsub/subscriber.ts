import type { Clock } from "../clock";
import type { ProtoJson } from "../../wire/proto-json";
import { StatusError } from "../../wire/rest";
import type { ServiceImplementation } from "../../wire/service";
import type { PubSub } from "./broker";
import { masked, nameIn, page, refuseDetached } from "./requests";
import {
  receivedResource,
  snapshotResource,
  subscriptionOf,
  type SubscriptionResource,
  subscriptionResource,
} from "./resources";
import { streamingPull } from "./streaming-pull";
import { isAckId, type Subscription } from "./subscription";
import type { SubscriptionConfig } from "./types";

/** Most messages of one pull response, and how long a pull waits for the first one (engine time). */
const MAX_PULL = 1000;
const PULL_WAIT_MS = 90_000;

const UPDATABLE = [
  "ackDeadlineSeconds",
  "pushConfig",
  "retainAckedMessages",
  "messageRetentionDuration",
  "labels",
  "deadLetterPolicy",
  "retryPolicy",
  "enableExactlyOnceDelivery",
  "expirationPolicy",
  "messageTransforms",
];

/** What only a plan brings, and no mask of this surface changes. */
const exportOf = ({ config }: Subscription) => config.export && { export: config.export };

/** google.pubsub.v1.Subscriber. */
export function subscriberService(pubsub: PubSub, clock: Clock): ServiceImplementation {
  const named = (request: ProtoJson) => pubsub.subscription(nameIn(request, "subscription"));
  /** The API refuses a missing one; a plan may bring it later, from another stack. */
  const findDeadLetterTopic = ({ deadLetter }: SubscriptionConfig) => deadLetter && pubsub.topic(deadLetter.topic);
  const show = ({ config }: Subscription) => subscriptionResource(config);
  const isMine = (request: ProtoJson, kind: string, name: string) =>
    name.startsWith(`${String(request["project"])}/${kind}/`);

  const unary: ServiceImplementation["unary"] = {
    CreateSubscription(request) {
      const config = subscriptionOf(request);
      pubsub.topic(config.topic);
      findDeadLetterTopic(config);
      pubsub.createSubscription(config);
      return subscriptionResource(config);
    },
    GetSubscription: (request) => show(named(request)),
    UpdateSubscription(request) {
      const { subscription = {}, updateMask } = request as { subscription?: SubscriptionResource; updateMask?: string };
      const current = pubsub.subscription(subscription.name ?? "");
      const updated = masked(show(current), subscription as ProtoJson, updateMask, UPDATABLE);
      const config = { ...subscriptionOf(updated), ...exportOf(current) };
      findDeadLetterTopic(config);
      pubsub.updateSubscription(config);
      return show(current);
    },
    ListSubscriptions(request) {
      const mine = pubsub.subscriptions().filter(({ name }) => isMine(request, "subscriptions", name));
      return page("subscriptions", mine.map(subscriptionResource), request);
    },
    DeleteSubscription(request) {
      pubsub.deleteSubscription(named(request).config.name);
      return {};
    },
    ModifyPushConfig(request) {
      const current = named(request);
      const pushConfig = request["pushConfig"] as SubscriptionResource["pushConfig"];
      const updated = subscriptionOf({ ...show(current), ...(pushConfig && { pushConfig }) });
      pubsub.updateSubscription({ ...updated, ...exportOf(current) });
      return {};
    },
    async Pull(request, { signal }) {
      const subscription = named(request);
      refuseDetached(subscription);
      const max = Number(request["maxMessages"] ?? 0);
      if (max <= 0) throw new StatusError("INVALID_ARGUMENT", "max_messages must be positive");
      const take = () => subscription.take(Math.min(max, MAX_PULL));
      const endMs = clock.now() + PULL_WAIT_MS;
      let taken = take();
      while (taken.length === 0 && !request["returnImmediately"] && !signal.aborted && clock.now() < endMs) {
        await becomesReady(subscription, clock, endMs, signal);
        // What is taken for a client that has gone would be out until its lease ends.
        if (!signal.aborted) taken = take();
      }
      const counts = subscription.config.deadLetter !== undefined;
      return { receivedMessages: taken.map((delivery) => receivedResource(delivery, counts)) };
    },
    Acknowledge(request) {
      const subscription = named(request);
      refuseInvalid(subscription, subscription.acknowledge(ackIdsOf(request)), ackIdsOf(request));
      return {};
    },
    ModifyAckDeadline(request) {
      const seconds = Number(request["ackDeadlineSeconds"] ?? 0);
      if (seconds < 0 || seconds > 600)
        throw new StatusError("INVALID_ARGUMENT", "ack_deadline_seconds must be 0 to 600");
      const subscription = named(request);
      const results = subscription.modifyAckDeadline(ackIdsOf(request), seconds * 1000);
      refuseInvalid(subscription, results, ackIdsOf(request));
      return {};
    },
    CreateSnapshot: (request) =>
      snapshotResource(pubsub.createSnapshot(nameIn(request, "name"), named(request).config.name)),
    GetSnapshot: (request) => snapshotResource(pubsub.snapshot(nameIn(request, "snapshot"))),
    ListSnapshots(request) {
      const mine = pubsub.snapshots().filter(({ name }) => isMine(request, "snapshots", name));
      return page("snapshots", mine.map(snapshotResource), request);
    },
    DeleteSnapshot(request) {
      pubsub.deleteSnapshot(nameIn(request, "snapshot"));
      return {};
    },
    Seek(request) {
      const { time, snapshot } = request as { time?: string; snapshot?: string };
      const { name } = named(request).config;
      if (time !== undefined) pubsub.seek(name, { timeMs: Date.parse(time) });
      else if (snapshot) pubsub.seek(name, { snapshot });
      else throw new StatusError("INVALID_ARGUMENT", "give a time or a snapshot to seek to");
      return {};
    },
  };
  return { unary, bidi: { StreamingPull: streamingPull(pubsub, clock) } };
}

function ackIdsOf(request: ProtoJson): readonly string[] {
  const ackIds = (request["ackIds"] as readonly string[] | undefined) ?? [];
  if (ackIds.length === 0) throw new StatusError("INVALID_ARGUMENT", "No ack ids specified.");
  const malformed = ackIds.find((ackId) => !isAckId(ackId));
  if (malformed !== undefined) throw new StatusError("INVALID_ARGUMENT", `Invalid ack id (ack_id=${malformed}).`);
  return ackIds;
}

/** An exactly-once subscription says which ack ids came too late. */
function refuseInvalid({ config }: Subscription, results: readonly string[], ackIds: readonly string[]): void {
  const invalid = ackIds.filter((_, i) => results[i] === "invalid");
  if (!config.exactlyOnce || invalid.length === 0) return;
  throw new StatusError(
    "INVALID_ARGUMENT",
    `Some acknowledgement ids in the request were invalid: their leases have ended, or they are no ack ids (${invalid.length} of ${ackIds.length}).`,
    {
      reason: "EXACTLY_ONCE_ACKID_FAILURE",
      domain: "pubsub.googleapis.com",
      // Clients take every id that is not named here for acked. https://cloud.google.com/pubsub/docs/exactly-once-delivery
      metadata: Object.fromEntries(invalid.map((ackId) => [ackId, "PERMANENT_FAILURE_INVALID_ACK_ID"])),
    },
  );
}

/** Waits until something may be ready, the client is gone, or Google would answer with nothing. */
function becomesReady(subscription: Subscription, clock: Clock, endMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      off();
      timer.cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const off = subscription.onReady(end);
    const timer = clock.after(endMs - clock.now(), end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
