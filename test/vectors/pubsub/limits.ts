import { DOCS } from "./sources";
import type { Message, Vector } from "./vector";

const REFUSED = { status: 400, error: "INVALID_ARGUMENT" } as const;
const UNCHECKED = {
  does: "accepts it",
  because: "it checks names, empty messages and the number of messages only",
} as const;
const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));

/** A message at a limit, which passes, and one beyond it. */
const message = (id: string, shows: string, source: string, fits: Message, beyond: Message): Vector => ({
  id: `limit/${id}`,
  shows,
  source,
  steps: [
    { publish: "t", messages: [fits] },
    { publish: "t", messages: [beyond], expect: REFUSED, emulator: {} },
  ],
  emulator: UNCHECKED,
});

const name = (id: string, shows: string, illegal: string, emulator?: Vector["emulator"]): Vector => ({
  id: `limit/${id}`,
  shows,
  source: DOCS.proto,
  subscriptions: {},
  steps: [
    { call: `PUT projects/{project}/topics/${illegal}`, body: {}, expect: REFUSED, ...(emulator && { emulator: {} }) },
    {
      call: `PUT projects/{project}/subscriptions/${illegal}`,
      body: { topic: "{topic:t}" },
      expect: REFUSED,
      ...(emulator && { emulator: {} }),
    },
  ],
  ...(emulator && { emulator }),
});

/** What is refused. */
export const limits: readonly Vector[] = [
  {
    id: "limit/empty-message",
    shows: "a message needs data or an attribute",
    source: DOCS.attributes,
    steps: [
      { publish: "t", messages: [{}], expect: REFUSED },
      { publish: "t", messages: [{ attributes: { only: "this" } }] },
      { pull: "s", expect: [{ data: "", attributes: { only: "this" } }] },
    ],
  },
  {
    id: "limit/messages",
    shows: "a request publishes at most 1000 messages",
    source: DOCS.limits,
    steps: [{ publish: "t", messages: Array.from({ length: 1001 }, (_, i) => `m${i}`), expect: REFUSED }],
  },
  message(
    "attributes",
    "a message has at most 100 attributes",
    DOCS.limits,
    { data: "a", attributes: attributes(100) },
    { data: "b", attributes: attributes(101) },
  ),
  message(
    "attribute-key",
    "an attribute's key has at most 256 bytes",
    DOCS.limits,
    { data: "a", attributes: { ["k".repeat(256)]: "v" } },
    { data: "b", attributes: { ["k".repeat(257)]: "v" } },
  ),
  message(
    "attribute-value",
    "an attribute's value has at most 1024 bytes",
    DOCS.limits,
    { data: "a", attributes: { k: "v".repeat(1024) } },
    { data: "b", attributes: { k: "v".repeat(1025) } },
  ),
  message(
    "attribute-goog",
    "an attribute's key does not begin with `goog`",
    DOCS.limits,
    { data: "a", attributes: { good: "v" } },
    { data: "b", attributes: { googfoo: "v" } },
  ),
  message(
    "ordering-key",
    "an ordering key has at most 1024 bytes",
    DOCS.limits,
    { data: "a", orderingKey: "k".repeat(1024) },
    { data: "b", orderingKey: "k".repeat(1025) },
  ),
  {
    id: "limit/message-size",
    shows: "a message has at most 10 MB",
    source: DOCS.limits,
    steps: [{ publish: "t", messages: ["a".repeat(10_000_001)], expect: REFUSED }],
    emulator: { skip: "larger messages were seen accepted and seen to hang; 13 MB of base64 would slow every vector" },
  },
  name("name-short", "a name has at least 3 characters", "ab"),
  name("name-long", "a name has at most 255 characters", "a".repeat(256)),
  name("name-digit", "a name begins with a letter", "1abc"),
  name("name-character", "a name has only letters, digits and - _ . ~ + %", "a!b"),
  name("name-goog", "a name does not begin with `goog`", "goog-topic"),
  {
    id: "limit/ack-deadline",
    shows: "an ack deadline is 10 to 600 s",
    source: DOCS.proto,
    subscriptions: { s: { ackDeadlineSeconds: 600 } },
    steps: [
      {
        call: "PUT {subscription:over}",
        body: { topic: "{topic:t}", ackDeadlineSeconds: 601 },
        expect: REFUSED,
      },
      {
        call: "PUT {subscription:under}",
        body: { topic: "{topic:t}", ackDeadlineSeconds: 9 },
        expect: REFUSED,
        emulator: {},
      },
    ],
    emulator: { does: "accepts less than 10 s", because: "it checks the upper bound only" },
  },
  {
    id: "limit/backoff",
    shows: "a back-off is at most 600 s",
    source: DOCS.proto,
    subscriptions: {},
    steps: [
      {
        call: "PUT {subscription:over}",
        body: { topic: "{topic:t}", retryPolicy: { minimumBackoff: "10s", maximumBackoff: "601s" } },
        expect: REFUSED,
      },
      {
        call: "PUT {subscription:at}",
        body: { topic: "{topic:t}", retryPolicy: { minimumBackoff: "600s", maximumBackoff: "600s" } },
      },
    ],
  },
];
