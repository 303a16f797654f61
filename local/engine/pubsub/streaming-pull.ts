import type { Clock } from "../clock";
import { StatusError } from "../../wire/rest";
import type { ServiceImplementation } from "../../wire/service";
import type { PubSub } from "./broker";
import { refuseDetached } from "./requests";
import { receivedResource } from "./resources";
import type { AckResult, Message } from "./types";

interface StreamingPullRequest {
  readonly subscription?: string;
  readonly streamAckDeadlineSeconds?: number;
  readonly maxOutstandingMessages?: string;
  readonly maxOutstandingBytes?: string;
  readonly ackIds?: readonly string[];
  readonly modifyDeadlineSeconds?: readonly number[];
  readonly modifyDeadlineAckIds?: readonly string[];
}

/** Most messages of one response: what a client of Google's gets at most at a time. */
const BATCH = 100;

/**
 * google.pubsub.v1.Subscriber/StreamingPull: the first request names the subscription and the limits of flow control,
 * later ones carry acks and changed deadlines. Leases outlive the stream, as production's do.
 */
export const streamingPull =
  (pubsub: PubSub, clock: Clock): NonNullable<ServiceImplementation["bidi"]>[string] =>
  async (requests, send, { signal }) => {
    const iterator = requests[Symbol.asyncIterator]();
    const opening = await iterator.next();
    if (opening.done) return;
    const first = opening.value as StreamingPullRequest;
    const subscription = pubsub.subscription(first.subscription ?? "");
    refuseDetached(subscription);
    let deadlineMs = (first.streamAckDeadlineSeconds ?? 0) * 1000;
    if (deadlineMs < 10_000 || deadlineMs > 600_000)
      throw new StatusError("INVALID_ARGUMENT", "stream_ack_deadline_seconds must be 10 to 600");
    const limits = {
      messages: Number(first.maxOutstandingMessages ?? 0) || Number.POSITIVE_INFINITY,
      bytes: Number(first.maxOutstandingBytes ?? 0) || Number.POSITIVE_INFINITY,
    };
    const outstanding = new Map<string, number>();
    let bytes = 0;
    // However the lease ends: clients ack and nack by calls of their own as well as on the stream.
    const onEnd = (ackId: string) => {
      bytes -= outstanding.get(ackId) ?? 0;
      outstanding.delete(ackId);
    };
    // A streaming client extends its leases by the clock on the wall, at whatever scale the engine runs.
    const pace = clock.time.scale;

    let offDeleted = () => {};
    let pumping = false;
    const pump = async () => {
      if (pumping) return;
      pumping = true;
      while (!signal.aborted) {
        const room = bytes >= limits.bytes ? 0 : Math.min(BATCH, limits.messages - outstanding.size);
        const taken = room <= 0 ? [] : subscription.take(room, { leaseMs: deadlineMs, pace, onEnd });
        if (taken.length === 0) break;
        for (const { ackId, message } of taken) {
          outstanding.set(ackId, sizeOf(message));
          bytes += sizeOf(message);
        }
        const { exactlyOnce, ordering, deadLetter } = subscription.config;
        await send({
          receivedMessages: taken.map((delivery) => receivedResource(delivery, deadLetter !== undefined)),
          subscriptionProperties: { exactlyOnceDeliveryEnabled: exactlyOnce, messageOrderingEnabled: ordering },
        });
      }
      pumping = false;
    };
    const off = subscription.onReady(() => void pump());
    const confirm = async (
      kind: "acknowledgeConfirmation" | "modifyAckDeadlineConfirmation",
      ackIds: readonly string[],
      results: readonly AckResult[],
    ) => {
      if (!subscription.config.exactlyOnce || ackIds.length === 0) return;
      const pick = (result: AckResult) => ackIds.filter((_, i) => results[i] === result);
      await send({ [kind]: { ackIds: pick("ok"), invalidAckIds: pick("invalid") } });
    };
    const take = async (request: StreamingPullRequest) => {
      if (request.streamAckDeadlineSeconds) deadlineMs = request.streamAckDeadlineSeconds * 1000;
      const { ackIds = [], modifyDeadlineAckIds: changed = [], modifyDeadlineSeconds: seconds = [] } = request;
      if (changed.length !== seconds.length)
        throw new StatusError(
          "INVALID_ARGUMENT",
          "modify_deadline_ack_ids and modify_deadline_seconds differ in length",
        );
      await confirm("acknowledgeConfirmation", ackIds, subscription.acknowledge(ackIds));
      const results = changed.flatMap((ackId, i) => subscription.modifyAckDeadline([ackId], seconds[i]! * 1000));
      await confirm("modifyAckDeadlineConfirmation", changed, results);
      void pump();
    };
    const deleted = new Promise<never>((_, reject) => {
      offDeleted = subscription.onDeleted(() =>
        reject(new StatusError("NOT_FOUND", `Subscription does not exist (resource=${first.subscription}).`)),
      );
    });
    const serve = async () => {
      await take(first);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) await take(next.value);
    };
    try {
      await Promise.race([serve(), deleted]);
    } finally {
      off();
      offDeleted();
    }
  };

const sizeOf = ({ data, attributes }: Message) => {
  let size = data.length;
  for (const [key, value] of Object.entries(attributes)) size += key.length + value.length;
  return size;
};
