import { DOCS } from "./sources";
import type { Step, Vector } from "./vector";

const ONCE = { s: { enableExactlyOnceDelivery: true } };
const nack = (data: string): Step => ({ modAck: [data], seconds: 0 });
const INVALID = /PERMANENT_FAILURE_INVALID_ACK_ID/;

/** Pull subscriptions that tell whether an ack counted. */
export const exactlyOnce: readonly Vector[] = [
  {
    id: "exactly-once/ack",
    shows: "an ack within the deadline succeeds and is final",
    source: DOCS.exactlyOnce,
    subscriptions: { s: { enableExactlyOnceDelivery: true, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      { pull: "s", within: 13, expect: [] },
    ],
  },
  {
    id: "exactly-once/old-ack-id",
    shows: "after a redelivery only the latest ack id acks; the older one fails for good",
    source: DOCS.exactlyOnce,
    subscriptions: ONCE,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: ["a"] },
      { ack: ["a#1"], expect: { status: 400 } },
      { ack: ["a#2"] },
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "exactly-once/old-ack-id-after-expiry",
    shows: "an ack id fails once its lease ended and the message was redelivered",
    source: DOCS.exactlyOnce,
    subscriptions: { s: { enableExactlyOnceDelivery: true, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { pull: "s", within: 15, expect: [{ data: "a", after: [9, 13] }] },
      { ack: ["a#1"], expect: { status: 400 } },
      { ack: ["a#2"] },
    ],
  },
  {
    id: "exactly-once/late-ack",
    shows: "an ack after the deadline fails, redelivered or not",
    source: DOCS.exactlyOnce,
    subscriptions: { s: { enableExactlyOnceDelivery: true, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { wait: 13 },
      { ack: ["a"], expect: { status: 400 }, emulator: {} },
    ],
    emulator: { does: "accepts it", because: "a lease ends only with the next delivery" },
  },
  {
    id: "exactly-once/reason",
    shows: "the error names each failed ack id with `PERMANENT_FAILURE_INVALID_ACK_ID`",
    source: DOCS.exactlyOnce,
    subscriptions: ONCE,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: ["a"] },
      { ack: ["a#1"], expect: { status: 400, text: INVALID }, emulator: { status: 400 } },
    ],
    emulator: { does: "answers 400 without a reason", because: "over REST its errors have no details" },
  },
];
