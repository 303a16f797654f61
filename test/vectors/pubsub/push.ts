import { DOCS } from "./sources";
import type { Divergence, Reply, Vector } from "./vector";

const endpoints = { e: {} };
const PUSH = { pushConfig: { pushEndpoint: "{endpoint:e}" } };
const NUMBER = /^\d+$/;
const TIME = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const IDS = { messageId: NUMBER, message_id: NUMBER, publishTime: TIME, publish_time: TIME };

/** The endpoint answers so once, then 204. */
const answering = (reply: Reply) => ({ e: { answers: { a: [reply, 204] } } });

const acks = (status: number, emulator?: Divergence): Vector => ({
  id: `push/status-${status}`,
  shows: `an answer of ${status} acks`,
  source: DOCS.push,
  endpoints: answering(status),
  subscriptions: { s: PUSH },
  steps: [
    { publish: "t", messages: ["a"] },
    { pushed: "e", expect: ["a"] },
    { pushed: "e", within: 5, expect: [], ...(emulator && { emulator: ["a"] }) },
  ],
  ...(emulator && { emulator }),
});

const nacks = (status: number, emulator?: Divergence): Vector => ({
  id: `push/status-${status}`,
  shows: `an answer of ${status} is a nack`,
  source: DOCS.push,
  endpoints: answering(status),
  subscriptions: { s: PUSH },
  steps: [
    { publish: "t", messages: ["a"] },
    { pushed: "e", expect: ["a", "a"], ...(emulator && { emulator: ["a"] }) },
    { pushed: "e", within: 4, expect: [] },
  ],
  ...(emulator && { emulator }),
});

const FOLLOWS = {
  does: "follows it, after 301 and 302 with a GET that has no body",
  because: "its HTTP client follows redirects",
} as const;

const redirect = (status: number, emulator?: Divergence): Vector => ({
  id: `push/status-${status}`,
  shows: `an answer of ${status} is a nack; the redirect is not followed`,
  source: DOCS.push,
  endpoints: { elsewhere: {}, ...answering({ status, location: "{endpoint:elsewhere}" }) },
  subscriptions: { s: PUSH },
  steps: [
    { publish: "t", messages: ["a"] },
    { pushed: "e", expect: ["a", "a"], ...(emulator && { emulator: ["a"] }) },
    { pushed: "elsewhere", expect: [], ...(emulator && { emulator: [status === 307 ? "a" : ""] }) },
  ],
  ...(emulator && { emulator }),
});

/** What a push endpoint receives, and what its answer means. */
export const pushes: readonly Vector[] = [
  {
    id: "push/body",
    shows: "the body wraps the message: id and publish time under both spellings, the subscription beside it",
    source: DOCS.push,
    endpoints,
    subscriptions: { s: PUSH },
    steps: [
      { publish: "t", messages: [{ data: "a", attributes: { lang: "de" } }] },
      {
        pushed: "e",
        expect: [
          {
            data: "a",
            method: "POST",
            headers: { "content-type": /^application\/json/ },
            body: {
              message: {
                data: "YQ==",
                attributes: { lang: "de" },
                ...IDS,
              },
              subscription: "{subscription:s}",
            },
          },
        ],
      },
    ],
  },
  {
    id: "push/body-least",
    shows: "a message without attributes has no `attributes` in the body",
    source: DOCS.push,
    endpoints,
    subscriptions: { s: PUSH },
    steps: [
      { publish: "t", messages: ["a"] },
      {
        pushed: "e",
        expect: [
          {
            data: "a",
            body: {
              message: { data: "YQ==", ...IDS },
              subscription: "{subscription:s}",
            },
          },
        ],
        emulator: [
          { data: "a", body: { message: { data: "YQ==", attributes: {}, ...IDS }, subscription: "{subscription:s}" } },
        ],
      },
    ],
    emulator: { does: "sends an empty `attributes`", because: "it writes the map whatever it holds" },
  },
  {
    id: "push/body-most",
    shows: "with ordering and a dead-letter policy the body has `orderingKey` and `deliveryAttempt`",
    source: DOCS.push,
    topics: { t: {}, dead: {} },
    endpoints,
    subscriptions: {
      s: {
        ...PUSH,
        enableMessageOrdering: true,
        deadLetterPolicy: { deadLetterTopic: "{topic:dead}", maxDeliveryAttempts: 5 },
      },
    },
    steps: [
      { publish: "t", messages: [{ data: "a", orderingKey: "k" }] },
      {
        pushed: "e",
        expect: [{ data: "a", orderingKey: "k", deliveryAttempt: 1 }],
        emulator: [{ data: "a", orderingKey: null, deliveryAttempt: null }],
      },
    ],
    emulator: { does: "sends neither", because: "its push body has only data, attributes, id and publish time" },
  },
  acks(102),
  acks(200),
  acks(201),
  acks(202, { does: "nacks", because: "its list of acks is 102, 200, 201, 203, 204" }),
  acks(204),
  nacks(203, { does: "acks", because: "its list of acks is 102, 200, 201, 203, 204" }),
  nacks(206),
  redirect(301, FOLLOWS),
  redirect(302, FOLLOWS),
  redirect(307, FOLLOWS),
  nacks(400),
  nacks(404),
  nacks(429),
  nacks(500),
  nacks(503),
  {
    id: "push/no-answer",
    shows: "an endpoint that does not answer within the ack deadline has nacked",
    source: DOCS.push,
    endpoints: answering("hang"),
    subscriptions: { s: { ...PUSH, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", within: 20, expect: ["a", { data: "a", after: [9, 15] }] },
      { pushed: "e", expect: [] },
    ],
  },
  {
    id: "push/slow-answer",
    shows: "an answer within the ack deadline acks, however slow",
    source: DOCS.push,
    endpoints: answering({ status: 200, after: 6 }),
    subscriptions: { s: { ...PUSH, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", expect: ["a"] },
      { pushed: "e", within: 13, expect: [] },
    ],
  },
  {
    id: "push/late-answer",
    shows: "an answer after the ack deadline is too late to ack",
    source: DOCS.push,
    endpoints: answering({ status: 200, after: 12 }),
    subscriptions: { s: { ...PUSH, ackDeadlineSeconds: 10 } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", within: 20, expect: ["a", "a"] },
      { pushed: "e", within: 5, expect: [] },
    ],
  },
  {
    id: "push/reset",
    shows: "a connection that breaks off is a nack",
    source: DOCS.push,
    endpoints: answering("reset"),
    subscriptions: { s: PUSH },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", expect: ["a", "a"] },
    ],
  },
  {
    id: "push/unreachable",
    shows: "what nobody answers waits for an endpoint that does",
    source: DOCS.push,
    endpoints,
    // Port 9, discard, is closed on any machine that runs tests.
    subscriptions: { s: { pushConfig: { pushEndpoint: "http://127.0.0.1:9/" } } },
    steps: [
      { publish: "t", messages: ["a"] },
      { wait: 2 },
      { call: "POST {subscription:s}:modifyPushConfig", body: PUSH },
      { pushed: "e", expect: ["a"] },
    ],
  },
  {
    id: "push/to-pull",
    shows: "an empty push configuration makes it a pull subscription with its backlog",
    source: DOCS.proto,
    endpoints: { e: { answers: { a: [500] } } },
    subscriptions: { s: PUSH },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", expect: ["a"] },
      { call: "POST {subscription:s}:modifyPushConfig", body: { pushConfig: {} } },
      { pull: "s", expect: ["a"] },
    ],
  },
  {
    id: "push/from-pull",
    shows: "a push configuration pushes what a pull subscription had",
    source: DOCS.proto,
    endpoints,
    steps: [
      { publish: "t", messages: ["a"] },
      { call: "POST {subscription:s}:modifyPushConfig", body: PUSH },
      { pushed: "e", expect: ["a"] },
    ],
  },
  {
    id: "push/bad-endpoint",
    shows: "an endpoint that is no URL is refused",
    source: DOCS.proto,
    subscriptions: {},
    steps: [
      {
        call: "PUT {subscription:s}",
        body: { topic: "{topic:t}", pushConfig: { pushEndpoint: "nowhere" } },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
  },
  {
    id: "push/token",
    shows: "with `oidcToken` the request carries a bearer token for that account; its audience is the endpoint",
    source: DOCS.authenticate,
    endpoints,
    subscriptions: {
      s: {
        pushConfig: {
          pushEndpoint: "{endpoint:e}",
          oidcToken: { serviceAccountEmail: "push@vectors.iam.gserviceaccount.com" },
        },
      },
    },
    steps: [
      { publish: "t", messages: ["a"] },
      {
        pushed: "e",
        expect: [
          {
            data: "a",
            token: { aud: "{endpoint:e}", email: "push@vectors.iam.gserviceaccount.com", email_verified: true },
          },
        ],
        emulator: [{ data: "a", token: null }],
      },
    ],
    emulator: { does: "sends no token", because: "it keeps the configuration and signs nothing" },
  },
  {
    id: "push/token-audience",
    shows: "an audience that is named goes into the token",
    source: DOCS.authenticate,
    endpoints,
    subscriptions: {
      s: {
        pushConfig: {
          pushEndpoint: "{endpoint:e}",
          oidcToken: {
            serviceAccountEmail: "push@vectors.iam.gserviceaccount.com",
            audience: "https://orders.example",
          },
        },
      },
    },
    steps: [
      { publish: "t", messages: ["a"] },
      {
        pushed: "e",
        expect: [{ data: "a", token: { aud: "https://orders.example" } }],
        emulator: [{ data: "a", token: null }],
      },
    ],
    emulator: { does: "sends no token", because: "it keeps the configuration and signs nothing" },
  },
  {
    id: "push/no-token",
    shows: "without `oidcToken` there is no token",
    source: DOCS.authenticate,
    endpoints,
    subscriptions: { s: PUSH },
    steps: [
      { publish: "t", messages: ["a"] },
      { pushed: "e", expect: [{ data: "a", token: null, headers: { authorization: null } }] },
    ],
  },
];
