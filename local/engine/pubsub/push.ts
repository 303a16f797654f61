import { formatDuration } from "../../../language/duration";
import type { Clock, Timer } from "../clock";
import type { PushRequest, PushResult, PushTransport } from "../delivery";
import { UNPACED } from "./backoff";
import { timestamp, wrap } from "./envelope";
import { asArgument, asEvent } from "./push-event";
import type { Subscription } from "./subscription";
import type { Delivery, PushConfig } from "./types";

/** Statuses that acknowledge; every other one is a nack. https://cloud.google.com/pubsub/docs/push#receive_push */
const ACK_STATUSES: ReadonlySet<number> = new Set([102, 200, 201, 202, 204]);

/** Requests in flight start low and grow with success. https://cloud.google.com/pubsub/docs/push#delivery_rate */
const FIRST_WINDOW = 3;
const MAX_WINDOW = 3_000;

/** Google's own user agent for calls it makes on behalf of users. */
const USER_AGENT = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)";

/**
 * Headers that frame a request, name its host or say who calls: a publisher must not set them by an attribute. RFC 9110,
 * section 7.6.1, and Cloud Run's second header for tokens.
 */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-serverless-authorization",
]);

/** An attribute that is no legal header cannot travel as one. */
const mayBeHeader = (name: string, value: string) =>
  !RESERVED_HEADERS.has(name) && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

/** What is sent for one delivery. https://cloud.google.com/pubsub/docs/payload-unwrapping for the bare form */
export function pushRequest(
  { message, attempt }: Delivery,
  push: PushConfig,
  subscription: {
    readonly name: string;
    readonly topic: string;
    readonly ackDeadlineMs: number;
    readonly countsAttempts: boolean;
  },
): PushRequest {
  const metadata: Record<string, string> = {
    "x-goog-pubsub-subscription-name": subscription.name,
    "x-goog-pubsub-message-id": message.id,
    "x-goog-pubsub-publish-time": timestamp(message.publishedMs),
    ...(message.orderingKey && { "x-goog-pubsub-ordering-key": message.orderingKey }),
  };
  const attributes = Object.fromEntries(
    Object.entries(message.attributes)
      .map(([key, value]) => [key.toLowerCase(), value] as const)
      .filter(([key, value]) => mayBeHeader(key, value)),
  );
  const { unwrapped } = push;
  const common = {
    endpoint: push.endpoint,
    timeoutMs: subscription.ackDeadlineMs,
    ...(push.oidc && { oidc: push.oidc }),
    ...(push.oauth && { oauth: push.oauth }),
    source: subscription.name,
    messageId: message.id,
    attempt,
  };
  if (push.event && push.oauth) return { ...common, ...asArgument(message, push.event, subscription) };
  if (push.event) {
    const event = asEvent(message, push.event, subscription);
    if (event) return { ...common, ...event, headers: { "user-agent": USER_AGENT, ...event.headers } };
  }
  return {
    ...common,
    headers: {
      "user-agent": USER_AGENT,
      ...(!unwrapped && { "content-type": "application/json" }),
      ...(unwrapped?.writeMetadata && { ...attributes, ...metadata }),
    },
    body: unwrapped
      ? message.data
      : wrap(message, subscription.name, subscription.countsAttempts ? attempt : undefined),
  };
}

/** Delivers a push subscription until it is stopped. */
export function startPush(subscription: Subscription, transport: PushTransport, clock: Clock): { stop(): void } {
  let window = FIRST_WINDOW;
  let inFlight = 0;
  let stopped = false;
  let failures = 0;
  let pause: Timer | undefined;

  const pump = () => {
    const { push, name, topic, ackDeadlineMs, deadLetter } = subscription.config;
    if (stopped || pause || !push) return;
    const free = Math.floor(window) - inFlight;
    if (free <= 0) return;
    // The transport's answer or the deadline ends the lease, whichever is first; one message per key at a time.
    const options = { leaseMs: Number.POSITIVE_INFINITY, perKey: 1 };
    for (const delivery of subscription.take(free, options)) {
      inFlight++;
      const request = pushRequest(delivery, push, {
        name,
        topic,
        ackDeadlineMs,
        countsAttempts: deadLetter !== undefined,
      });
      void deliver(request).then((result) => settle(delivery, result));
    }
  };

  const deliver = (request: PushRequest) =>
    new Promise<PushResult>((resolve) => {
      const timer = clock.after(request.timeoutMs, () => resolve({ kind: "timeout" }));
      transport(request)
        .catch((error: unknown): PushResult => ({ kind: "unreachable", reason: String(error) }))
        .then((result) => {
          timer.cancel();
          resolve(result);
        }, resolve);
    });

  const settle = (delivery: Delivery, result: PushResult) => {
    inFlight--;
    const { ackDeadlineMs, retry } = subscription.config;
    // Also when pushing was stopped meanwhile: whoever delivers the subscription now has to know what became of it.
    if (result.kind === "status" && ACK_STATUSES.has(result.status)) {
      window = Math.min(MAX_WINDOW, window + 1);
      failures = 0;
      subscription.acknowledge([delivery.ackId]);
    } else {
      window = Math.max(FIRST_WINDOW, window / 2);
      // Nothing else would keep a subscription from pushing to a failing endpoint as fast as it can.
      if (!retry) rest(Math.min(UNPACED.maxMs, UNPACED.minMs * 2 ** failures++));
      subscription.nack(delivery.ackId, reasonOf(result, ackDeadlineMs));
    }
    pump();
  };

  const rest = (ms: number) => {
    pause?.cancel();
    pause = clock.after(ms, () => {
      pause = undefined;
      pump();
    });
  };

  const off = subscription.onReady(pump);
  pump();
  return {
    stop() {
      stopped = true;
      pause?.cancel();
      off();
    },
  };
}

function reasonOf(result: PushResult, deadlineMs: number): string {
  switch (result.kind) {
    case "status":
      return `status ${result.status}`;
    case "timeout":
      return `timeout after ${formatDuration(deadlineMs)}`;
    default:
      return `unreachable: ${result.reason}`;
  }
}
