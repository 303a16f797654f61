import { DOCS } from "./sources";
import type { Delivery, Step, Vector } from "./vector";

const nack = (data: string): Step => ({ modAck: [data], seconds: 0 });
const policy = (minimumBackoff: string, maximumBackoff: string) => ({
  retryPolicy: { minimumBackoff, maximumBackoff },
});
const FIRST_AT_ONCE = {
  does: "redelivers at once the first time",
  because: "its back-off begins with the second redelivery",
} as const;
const atOnce: readonly Delivery[] = [{ data: "a", after: [0, 2] }];

/** When a failed message comes again. */
export const backoff: readonly Vector[] = [
  {
    id: "backoff/none",
    shows: "without a retry policy a nacked message comes again at once, every time",
    source: DOCS.retry,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", expect: [{ data: "a", after: [0, 2] }] },
      nack("a"),
      { pull: "s", expect: [{ data: "a", after: [0, 2] }] },
    ],
  },
  {
    id: "backoff/minimum",
    shows: "the first redelivery waits for the minimum back-off",
    source: DOCS.retry,
    subscriptions: { s: policy("6s", "60s") },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", within: 20, expect: [{ data: "a", after: [5, 12] }], emulator: atOnce },
    ],
    emulator: FIRST_AT_ONCE,
  },
  {
    id: "backoff/growth",
    shows: "each further redelivery waits longer, up to the maximum",
    source: DOCS.retry,
    subscriptions: { s: policy("2s", "8s") },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", within: 10, expect: [{ data: "a", after: [1.8, 4] }], emulator: atOnce },
      nack("a"),
      { pull: "s", within: 10, expect: [{ data: "a", after: [1.8, 6] }] },
      nack("a"),
      { pull: "s", within: 12, expect: [{ data: "a", after: [1.8, 10] }] },
      nack("a"),
      { pull: "s", within: 15, expect: [{ data: "a", after: [4, 12] }], emulator: [{ data: "a", after: [1.8, 12] }] },
    ],
    emulator: { ...FIRST_AT_ONCE, because: "its back-off begins with the second redelivery and grows by 1.3" },
  },
  {
    id: "backoff/default",
    shows: "an empty retry policy is one of 10 s to 600 s",
    source: DOCS.retry,
    subscriptions: { s: { retryPolicy: {} } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { pull: "s", within: 25, expect: [{ data: "a", after: [9, 20] }], emulator: atOnce },
    ],
    emulator: FIRST_AT_ONCE,
  },
  {
    id: "backoff/expiry",
    shows: "the back-off follows the end of a lease as it follows a nack",
    source: DOCS.proto,
    subscriptions: { s: { ackDeadlineSeconds: 10, ...policy("6s", "6s") } },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      {
        pull: "s",
        within: 25,
        expect: [{ data: "a", after: [15, 20] }],
        emulator: [{ data: "a", after: [9, 13] }],
      },
    ],
    emulator: FIRST_AT_ONCE,
  },
  {
    id: "backoff/others",
    shows: "a message that waits does not delay the others",
    source: DOCS.retry,
    subscriptions: { s: policy("6s", "6s") },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      nack("a"),
      { publish: "t", messages: ["b"] },
      { pull: "s", expect: ["b"], emulator: ["a", "b"], anyOrder: true },
      { pull: "s", within: 10, expect: ["a"], emulator: [] },
    ],
    emulator: FIRST_AT_ONCE,
  },
  {
    id: "backoff/push",
    shows: "a failed push waits for the back-off too",
    source: DOCS.retry,
    endpoints: { e: { answers: { a: [500, 204] } } },
    subscriptions: { s: { pushConfig: { pushEndpoint: "{endpoint:e}" }, ...policy("6s", "6s") } },
    steps: [
      { publish: "t", messages: ["a"] },
      {
        pushed: "e",
        within: 20,
        expect: ["a", { data: "a", after: [5, 10] }],
        emulator: ["a", { data: "a", after: [0, 3] }],
      },
      { pushed: "e", expect: [] },
    ],
    emulator: FIRST_AT_ONCE,
  },
];
