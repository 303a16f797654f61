import { DOCS } from "./sources";
import type { Call, Step, SubscriptionSetup, Vector } from "./vector";

const nack = (data: string): Step => ({ modAck: [data], seconds: 0 });
const topics = { t: {}, dead: {} };
const POLICY = { deadLetterPolicy: { deadLetterTopic: "{topic:dead}", maxDeliveryAttempts: 5 } };
const subscriptions = (more: SubscriptionSetup = {}) => ({ s: { ...POLICY, ...more }, d: { topic: "dead" } });

/** `times` deliveries of `a`, each nacked. */
const failed = (times: number): readonly Step[] =>
  Array.from({ length: times }, (_, i): readonly Step[] => [
    { pull: "s", expect: [{ data: "a", deliveryAttempt: i + 1 }] },
    nack("a"),
  ]).flat();

/** Attributes that Pub/Sub adds. */
const forwarded = (deliveries: string) => ({
  CloudPubSubDeadLetterSourceDeliveryCount: deliveries,
  CloudPubSubDeadLetterSourceSubscription: /\.s$/,
  CloudPubSubDeadLetterSourceSubscriptionProject: "{project}",
  CloudPubSubDeadLetterSourceTopicPublishTime: /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d/,
});

const publishTime = (offset: string) => ({
  CloudPubSubDeadLetterSourceTopicPublishTime: new RegExp(
    `^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}${offset}$`,
  ),
});

const create = (deadLetterPolicy: object, rest: Pick<Call, "expect" | "emulator">): Step => ({
  call: "PUT {subscription:s}",
  body: { topic: "{topic:t}", deadLetterPolicy },
  ...rest,
});

/** What becomes of a message that nobody acks. */
export const deadLetters: readonly Vector[] = [
  {
    id: "dead-letter/nacks",
    shows:
      "after the fifth nack the message leaves the subscription for the dead-letter topic, attributes added to its own",
    source: DOCS.deadLetter,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: [{ data: "a", attributes: { own: "kept" } }] },
      ...failed(5),
      { pull: "s", expect: [] },
      {
        pull: "d",
        expect: [
          { data: "a", attributes: { own: "kept", ...forwarded("5") }, deliveryAttempt: null, orderingKey: null },
        ],
      },
    ],
  },
  {
    id: "dead-letter/new-message",
    shows: "what arrives in the dead-letter topic is a new message, with an id of its own",
    source: DOCS.deadLetter,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: ["a"] },
      ...failed(5),
      { pull: "s", expect: [] },
      { pull: "d", expect: [{ data: "a", isNew: true }] },
    ],
  },
  {
    id: "dead-letter/publish-time",
    shows:
      "the original's publish time has its offset in figures, as in the dead letters of production that people quote",
    source: DOCS.deadLetter,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: ["a"] },
      ...failed(5),
      { pull: "s", expect: [] },
      {
        pull: "d",
        expect: [{ data: "a", attributes: { ...forwarded("5"), ...publishTime("\\+00:00") } }],
        emulator: [{ data: "a", attributes: { ...forwarded("5"), ...publishTime("Z") } }],
      },
    ],
    emulator: { does: "writes `Z`", because: "it prints the time as everywhere else" },
  },
  {
    id: "dead-letter/expiry",
    shows: "a lease that ends counts as a nack does",
    source: DOCS.proto,
    topics,
    subscriptions: subscriptions({ ackDeadlineSeconds: 10 }),
    steps: [
      { publish: "t", messages: ["a"] },
      ...[1, 2, 3, 4, 5].map((deliveryAttempt): Step => ({
        pull: "s",
        within: 15,
        expect: [{ data: "a", deliveryAttempt }],
      })),
      { pull: "s", within: 13, expect: [] },
      { pull: "d", expect: [{ data: "a", attributes: forwarded("5") }] },
    ],
  },
  {
    id: "dead-letter/saved-at-last",
    shows: "a message acked on its last attempt is not dead-lettered",
    source: DOCS.deadLetter,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: ["a"] },
      ...failed(4),
      { pull: "s", expect: [{ data: "a", deliveryAttempt: 5 }] },
      { ack: ["a"] },
      { pull: "s", expect: [] },
      { pull: "d", expect: [] },
    ],
  },
  {
    id: "dead-letter/extension",
    shows: "an extension of the lease is no attempt",
    source: DOCS.proto,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: [{ data: "a", deliveryAttempt: 1 }] },
      { modAck: ["a"], seconds: 30 },
      { modAck: ["a"], seconds: 60 },
      nack("a"),
      { pull: "s", expect: [{ data: "a", deliveryAttempt: 2 }] },
    ],
  },
  {
    id: "dead-letter/uncounted",
    shows: "without a dead-letter policy deliveries carry no attempt",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: [{ data: "a", deliveryAttempt: null }] },
      nack("a"),
      { pull: "s", expect: [{ data: "a", deliveryAttempt: null }] },
    ],
  },
  {
    id: "dead-letter/ordering-key",
    shows: "the ordering key goes along to the dead-letter topic",
    source: DOCS.deadLetter,
    topics,
    subscriptions: subscriptions(),
    steps: [
      { publish: "t", messages: [{ data: "a", orderingKey: "k" }] },
      ...failed(5),
      { pull: "s", expect: [] },
      { pull: "d", expect: [{ data: "a", orderingKey: "k" }] },
    ],
  },
  {
    id: "dead-letter/push",
    shows: "pushes say which attempt they are, and the fifth failure is the last",
    source: DOCS.deadLetter,
    topics,
    endpoints: { e: { answers: { a: [500] } } },
    subscriptions: subscriptions({ pushConfig: { pushEndpoint: "{endpoint:e}" } }),
    steps: [
      { publish: "t", messages: ["a"] },
      {
        pushed: "e",
        within: 30,
        expect: [1, 2, 3, 4, 5].map((deliveryAttempt) => ({ data: "a", deliveryAttempt })),
        emulator: [1, 2, 3, 4, 5].map(() => ({ data: "a", deliveryAttempt: null })),
      },
      { pushed: "e", expect: [] },
      { pull: "d", expect: [{ data: "a", attributes: forwarded("5") }] },
    ],
    emulator: { does: "pushes without the attempt", because: "its push body has no `deliveryAttempt`" },
  },
  {
    id: "dead-letter/other-subscription",
    shows: "only the subscription on which it failed gives a message up",
    source: DOCS.deadLetter,
    topics,
    subscriptions: { ...subscriptions(), other: {} },
    steps: [
      { publish: "t", messages: ["a"] },
      ...failed(5),
      { pull: "s", expect: [] },
      { pull: "other", expect: [{ data: "a", attributes: null }] },
    ],
  },
  {
    id: "dead-letter/filtered",
    shows: "a subscription of the dead-letter topic can filter by where a message failed",
    source: DOCS.deadLetter,
    topics,
    subscriptions: {
      ...subscriptions(),
      d: { topic: "dead", filter: 'hasPrefix(attributes.CloudPubSubDeadLetterSourceSubscription, "dead-letter.")' },
      none: { topic: "dead", filter: 'attributes.CloudPubSubDeadLetterSourceSubscription = "another"' },
    },
    steps: [
      { publish: "t", messages: ["a"] },
      ...failed(5),
      { pull: "s", expect: [] },
      { pull: "d", expect: ["a"] },
      { pull: "none", expect: [], emulator: ["a"] },
    ],
    emulator: { does: "delivers it whatever the filter", because: "0.8.20 stores a filter and never reads it" },
  },
  {
    id: "dead-letter/bounds",
    shows: "5 to 100 attempts are allowed",
    source: DOCS.proto,
    topics,
    subscriptions: {},
    steps: [
      ...[4, 101].map((maxDeliveryAttempts) =>
        create(
          { deadLetterTopic: "{topic:dead}", maxDeliveryAttempts },
          { expect: { status: 400, error: "INVALID_ARGUMENT" }, emulator: { status: 400, error: "OUT_OF_RANGE" } },
        ),
      ),
      create({ deadLetterTopic: "{topic:dead}", maxDeliveryAttempts: 100 }, {}),
    ],
    emulator: { does: "400 OUT_OF_RANGE", because: "another code, the same bounds" },
  },
  {
    id: "dead-letter/default",
    shows: "a policy that names no number allows 5 attempts",
    source: DOCS.proto,
    topics,
    subscriptions: {},
    steps: [
      create(
        { deadLetterTopic: "{topic:dead}" },
        { expect: { match: { deadLetterPolicy: { maxDeliveryAttempts: 5 } } } },
      ),
    ],
  },
  {
    id: "dead-letter/no-topic",
    shows: "a dead-letter topic that does not exist is refused",
    source: DOCS.proto,
    topics,
    subscriptions: {},
    steps: [
      create(
        { deadLetterTopic: "{topic:none}", maxDeliveryAttempts: 5 },
        { expect: { status: 404, error: "NOT_FOUND" } },
      ),
    ],
  },
];
