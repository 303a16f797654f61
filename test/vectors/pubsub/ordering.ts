import { DOCS } from "./sources";
import type { Message, Step, Vector } from "./vector";

const ordered = (...data: readonly string[]): readonly Message[] =>
  data.map((one) => ({ data: one, orderingKey: "k" }));
const ON = { s: { enableMessageOrdering: true } };
const PUSH = { s: { enableMessageOrdering: true, pushConfig: { pushEndpoint: "{endpoint:e}" } } };
const WEDGES = {
  skip: "ordering with a dead-letter policy ends in a NullPointerException at the last attempt: the key hangs for good",
} as const;

const nack = (data: string): Step => ({ modAck: [data], seconds: 0 });

/** Messages of one ordering key, one after another. */
export const ordering: readonly Vector[] = [
  {
    id: "ordering/in-order",
    shows: "messages of one key come in the order of publishing, key included",
    source: DOCS.ordering,
    subscriptions: ON,
    steps: [
      { publish: "t", messages: ordered("a", "b") },
      { publish: "t", messages: ordered("c") },
      { pull: "s", expect: [{ data: "a", orderingKey: "k" }, "b", "c"] },
    ],
  },
  {
    id: "ordering/one-batch",
    shows: "while a batch of a key is outstanding the rest of the key waits",
    source: DOCS.ordering,
    subscriptions: ON,
    steps: [
      { publish: "t", messages: ordered("a", "b", "c", "d") },
      { pull: "s", max: 2, expect: ["a", "b"] },
      { pull: "s", expect: [] },
      { ack: ["a", "b"] },
      { pull: "s", expect: ["c", "d"] },
    ],
  },
  {
    id: "ordering/nack",
    shows: "a nack brings the message back and, after it and in order, everything later of its key",
    source: DOCS.ordering,
    subscriptions: ON,
    steps: [
      { publish: "t", messages: ordered("a", "b", "c", "d") },
      { pull: "s", max: 3, expect: ["a", "b", "c"] },
      { ack: ["a"] },
      nack("b"),
      { pull: "s", expect: ["b", "c", "d"], emulator: [] },
      { pull: "s", expect: [] },
    ],
    emulator: {
      does: "delivers nothing while the rest of the batch is out",
      because: "a nack returns one message to a key that is still taken",
    },
  },
  {
    id: "ordering/nack-before-ack",
    shows: "what follows a nacked message comes again even when it was acked",
    source: DOCS.ordering,
    subscriptions: ON,
    steps: [
      { publish: "t", messages: ordered("a", "b", "c", "d", "e") },
      { pull: "s", max: 3, expect: ["a", "b", "c"] },
      { ack: ["a"] },
      nack("b"),
      { ack: ["c"] },
      { pull: "s", expect: ["b", "c", "d", "e"], emulator: ["d", "e", "b"] },
    ],
    emulator: {
      does: "delivers what follows first, the nacked message last, the acked one not",
      because: "a nack puts the message at the end of its key",
    },
  },
  {
    id: "ordering/expiry",
    shows: "a lease that ends brings the message back first, then everything later of its key in order",
    source: DOCS.ordering,
    subscriptions: { s: { enableMessageOrdering: true, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ordered("a", "b", "c") },
      { pull: "s", max: 2, expect: ["a", "b"] },
      { pull: "s", within: 15, expect: [{ data: "a", after: [9, 13] }, "b", "c"] },
    ],
  },
  {
    id: "ordering/other-key",
    shows: "a key that waits for its back-off does not hold up another key",
    source: DOCS.ordering,
    subscriptions: {
      s: { enableMessageOrdering: true, retryPolicy: { minimumBackoff: "6s", maximumBackoff: "6s" } },
    },
    steps: [
      { publish: "t", messages: ordered("a", "b") },
      { pull: "s", max: 1, expect: ["a"] },
      nack("a"),
      { publish: "t", messages: [{ data: "x", orderingKey: "l" }] },
      { pull: "s", expect: ["x"], emulator: ["a", "b", "x"], anyOrder: true },
      { pull: "s", within: 10, expect: ["a", "b"], emulator: [] },
    ],
    emulator: {
      does: "redelivers the nacked message at once",
      because: "its first redelivery never waits for the back-off",
    },
  },
  {
    id: "ordering/one-key-per-request",
    shows: "one request publishes messages of one key, or of none",
    source: "https://github.com/yoshidan/google-cloud-rust/issues/226",
    steps: [
      {
        publish: "t",
        messages: [
          { data: "a", orderingKey: "k" },
          { data: "b", orderingKey: "l" },
        ],
        expect: { status: 400, error: "FAILED_PRECONDITION" },
        emulator: {},
      },
      {
        publish: "t",
        messages: [{ data: "c", orderingKey: "k" }, "d"],
        expect: { status: 400, error: "FAILED_PRECONDITION" },
        emulator: {},
      },
      { pull: "s", expect: [], emulator: ["a", "b", "c", "d"], anyOrder: true },
    ],
    emulator: { does: "accepts any mixture", because: "it looks at each message alone" },
  },
  {
    id: "ordering/no-key",
    shows: "on an ordered subscription messages without a key wait for nobody",
    source: DOCS.ordering,
    subscriptions: ON,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: [{ data: "a", orderingKey: null }] },
      { publish: "t", messages: ["b"] },
      { pull: "s", expect: ["b"] },
    ],
  },
  {
    id: "ordering/off",
    shows: "a subscription without ordering still shows the key and holds nothing back",
    source: DOCS.ordering,
    steps: [
      { publish: "t", messages: ordered("a") },
      { pull: "s", expect: [{ data: "a", orderingKey: "k" }] },
      { publish: "t", messages: ordered("b") },
      { pull: "s", expect: ["b"] },
    ],
  },
  {
    id: "ordering/push",
    shows: "pushes of one key go one at a time, in order",
    source: DOCS.ordering,
    endpoints: {
      e: {
        answers: { a: [{ status: 204, after: 1 }], b: [{ status: 204, after: 1 }], c: [{ status: 204, after: 1 }] },
      },
    },
    subscriptions: PUSH,
    steps: [
      { publish: "t", messages: ordered("a", "b", "c") },
      { pushed: "e", expect: ["a", "b", "c"], peak: [1, 1] },
    ],
  },
  {
    id: "ordering/push-keys",
    shows: "pushes of different keys go side by side",
    source: DOCS.ordering,
    endpoints: { e: { answers: { a: [{ status: 204, after: 2 }], x: [{ status: 204, after: 2 }] } } },
    subscriptions: PUSH,
    steps: [
      { publish: "t", messages: ordered("a") },
      { publish: "t", messages: [{ data: "x", orderingKey: "l" }] },
      { pushed: "e", expect: ["a", "x"], anyOrder: true, peak: [2, 2] },
    ],
  },
  {
    id: "ordering/push-failure",
    shows: "a push that fails is repeated before anything later of its key goes out",
    source: DOCS.ordering,
    endpoints: { e: { answers: { b: [500, 500, 204] } } },
    subscriptions: PUSH,
    steps: [
      { publish: "t", messages: ordered("a", "b", "c") },
      { pushed: "e", within: 20, expect: ["a", "b", "b", "b", "c"] },
      { pushed: "e", expect: [] },
    ],
  },
  {
    id: "ordering/dead-letter",
    shows:
      "a message that is dead-lettered gives way to the next of its key and keeps the key in the dead-letter topic",
    source: DOCS.deadLetter,
    topics: { t: {}, dead: {} },
    subscriptions: {
      s: { enableMessageOrdering: true, deadLetterPolicy: { deadLetterTopic: "{topic:dead}", maxDeliveryAttempts: 5 } },
      d: { topic: "dead", enableMessageOrdering: true },
    },
    steps: [
      { publish: "t", messages: ordered("a", "b") },
      ...[1, 2, 3, 4, 5].flatMap((deliveryAttempt): Step[] => [
        { pull: "s", max: 1, expect: [{ data: "a", deliveryAttempt }] },
        nack("a"),
      ]),
      { pull: "s", expect: [{ data: "b", deliveryAttempt: 1 }] },
      { pull: "d", expect: [{ data: "a", orderingKey: "k" }] },
    ],
    emulator: WEDGES,
  },
  {
    id: "ordering/dead-letter-push",
    shows: "the same on push: after the last attempt the next message of the key goes out",
    source: DOCS.deadLetter,
    topics: { t: {}, dead: {} },
    endpoints: { e: { answers: { a: [500] } } },
    subscriptions: {
      s: {
        enableMessageOrdering: true,
        pushConfig: { pushEndpoint: "{endpoint:e}" },
        deadLetterPolicy: { deadLetterTopic: "{topic:dead}", maxDeliveryAttempts: 5 },
      },
      d: { topic: "dead" },
    },
    steps: [
      { publish: "t", messages: ordered("a", "b") },
      { pushed: "e", within: 20, expect: ["a", "a", "a", "a", { data: "a", deliveryAttempt: 5 }, "b"] },
      { pull: "d", expect: [{ data: "a", orderingKey: "k" }] },
    ],
    emulator: WEDGES,
  },
];
