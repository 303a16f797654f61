import { DOCS } from "./sources";
import type { Step, Vector } from "./vector";

const SHORT = { s: { ackDeadlineSeconds: 10 } };
const nack = (data: string): Step => ({ modAck: [data], seconds: 0 });

/** How long a puller may keep a message, and what ends it. */
export const leases: readonly Vector[] = [
  {
    id: "lease/expiry",
    shows: "a message not acked within the deadline comes again",
    source: DOCS.lease,
    subscriptions: SHORT,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { pull: "s", within: 15, expect: [{ data: "a", after: [9, 13] }] },
    ],
  },
  {
    id: "lease/ack",
    shows: "an acked message does not come again",
    source: DOCS.lease,
    subscriptions: SHORT,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      { pull: "s", within: 13, expect: [] },
    ],
  },
  {
    id: "lease/exclusive",
    shows: "while one puller has it nobody else gets it",
    source: DOCS.lease,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { pull: "s", within: 5, expect: [] },
    ],
  },
  {
    id: "lease/extension",
    shows: "modifyAckDeadline counts from now and puts the end off",
    source: DOCS.lease,
    subscriptions: SHORT,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { wait: 5 },
      { modAck: ["a"], seconds: 15 },
      { pull: "s", within: 12, expect: [] },
      { pull: "s", within: 8, expect: [{ data: "a", after: [14, 18] }] },
    ],
  },
  {
    id: "lease/shortening",
    shows: "modifyAckDeadline can also bring the end forward",
    source: DOCS.lease,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { modAck: ["a"], seconds: 5 },
      { pull: "s", within: 10, expect: [{ data: "a", after: [4, 8] }] },
    ],
  },
  {
    id: "lease/nack",
    shows: "a deadline of 0 is a nack: the message comes again at once",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: [{ data: "a", after: [0, 2] }] },
    ],
  },
  {
    id: "lease/ack-after-nack",
    shows: "after a redelivery the new ack id acks",
    source: DOCS.lease,
    subscriptions: SHORT,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      { pull: "s", within: 13, expect: [] },
    ],
  },
  {
    id: "lease/late-ack",
    shows: "without exactly-once delivery a late ack is answered with 200, whatever it was good for",
    source: DOCS.proto,
    subscriptions: SHORT,
    steps: [{ publish: "t", messages: ["a"] }, { pull: "s", expect: ["a"] }, { wait: 12 }, { ack: ["a"] }],
  },
  {
    id: "lease/old-ack-id",
    shows: "without exactly-once delivery the ack id of an older delivery is answered with 200",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: ["a"] },
      { ack: ["a#1"] },
      { modAck: ["a#1"], seconds: 20 },
    ],
  },
  {
    id: "lease/double-ack",
    shows: "without exactly-once delivery acking twice is no error",
    source: DOCS.proto,
    steps: [{ publish: "t", messages: ["a"] }, { pull: "s", expect: ["a"] }, { ack: ["a"] }, { ack: ["a"] }],
  },
  {
    id: "lease/malformed-ack-id",
    shows: "an ack id that is none is refused",
    source: DOCS.proto,
    steps: [
      {
        call: "POST {subscription:s}:acknowledge",
        body: { ackIds: ["not an ack id"] },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
  },
  {
    id: "lease/extension-bounds",
    shows: "an extension is at most 600 s",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { modAck: ["a"], seconds: 600 },
      { modAck: ["a"], seconds: 601, expect: { status: 400, error: "INVALID_ARGUMENT" }, emulator: {} },
      { modAck: ["a"], seconds: -1, expect: { status: 400, error: "INVALID_ARGUMENT" } },
    ],
    emulator: {
      does: "accepts more than 600 s",
      because: "it bounds the deadline of a subscription, not its extension",
    },
  },
  {
    id: "lease/max-messages",
    shows: "a pull asks for at least one message",
    source: DOCS.proto,
    steps: [
      {
        call: "POST {subscription:s}:pull",
        body: { maxMessages: 0, returnImmediately: true },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
  },
  {
    id: "lease/longest",
    shows: "a deadline of 600 s holds for 600 s",
    source: DOCS.properties,
    subscriptions: { s: { ackDeadlineSeconds: 600 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { pull: "s", within: 560, expect: [] },
      { pull: "s", within: 100, expect: [{ data: "a", after: [595, 640] }] },
    ],
    emulator: { skip: "takes ten minutes" },
  },
];
