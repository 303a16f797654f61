import { DOCS } from "./sources";
import type { Step, Vector } from "./vector";

const seek = (time: string): Step => ({ call: "POST {subscription:s}:seek", body: { time } });
const RETAIN = { s: { retainAckedMessages: true } };
const createWith = (body: object, expect: object, emulator?: object): Step => ({
  call: "PUT {subscription:s}",
  body: { topic: "{topic:t}", ...body },
  expect,
  ...(emulator && { emulator }),
});

/** Seeking, snapshots and how long messages are kept. */
export const replay: readonly Vector[] = [
  {
    id: "replay/acked",
    shows: "with `retainAckedMessages` a seek to the past brings acked messages back",
    source: DOCS.replay,
    subscriptions: RETAIN,
    steps: [
      { mark: "start" },
      { wait: 1 },
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      seek("{time:start}"),
      { pull: "s", expect: ["a"] },
    ],
  },
  {
    id: "replay/not-retained",
    shows: "without `retainAckedMessages` an acked message does not come back",
    source: DOCS.replay,
    steps: [
      { mark: "start" },
      { wait: 1 },
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      seek("{time:start}"),
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "replay/purge",
    shows: "a seek to the future drops the backlog",
    source: DOCS.replay,
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { publish: "t", messages: ["b"] },
      seek("{time:now+3600}"),
      { pull: "s", within: 3, expect: [] },
    ],
  },
  {
    id: "replay/between",
    shows: "a seek to a time between two messages acks the first and keeps the second",
    source: DOCS.replay,
    steps: [
      { publish: "t", messages: ["a"] },
      { wait: 2 },
      { mark: "between" },
      { wait: 2 },
      { publish: "t", messages: ["b"] },
      seek("{time:between}"),
      { pull: "s", expect: ["b"] },
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "replay/snapshot",
    shows: "a seek to a snapshot restores what was unacked then, and everything published since",
    source: DOCS.replay,
    steps: [
      { publish: "t", messages: ["a", "b"] },
      { pull: "s", expect: ["a", "b"], anyOrder: true },
      { ack: ["a"] },
      {
        call: "PUT {snapshot:x}",
        body: { subscription: "{subscription:s}" },
        expect: { match: { topic: "{topic:t}" } },
      },
      { ack: ["b"] },
      { publish: "t", messages: ["c"] },
      { pull: "s", expect: ["c"] },
      { ack: ["c"] },
      { call: "POST {subscription:s}:seek", body: { snapshot: "{snapshot:x}" } },
      { pull: "s", expect: ["b", "c"], anyOrder: true },
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "replay/snapshot-elsewhere",
    shows: "a snapshot of one subscription can be sought on another of the same topic",
    source: DOCS.replay,
    subscriptions: { s: {}, r: {} },
    steps: [
      { publish: "t", messages: ["a"] },
      { call: "PUT {snapshot:x}", body: { subscription: "{subscription:s}" } },
      { pull: "r", expect: ["a"] },
      { ack: ["a"], on: "r" },
      { call: "POST {subscription:r}:seek", body: { snapshot: "{snapshot:x}" } },
      { pull: "r", expect: ["a"] },
    ],
  },
  {
    id: "replay/snapshot-missing",
    shows: "a seek to a snapshot that is not there is refused",
    source: DOCS.proto,
    steps: [
      {
        call: "POST {subscription:s}:seek",
        body: { snapshot: "{snapshot:none}" },
        expect: { status: 404, error: "NOT_FOUND" },
      },
    ],
  },
  {
    id: "replay/topic-retention",
    shows: "with retention on the topic a subscription can seek to before its own creation",
    source: DOCS.replay,
    topics: { t: { messageRetentionDuration: "600s" } },
    subscriptions: {},
    steps: [
      { mark: "start" },
      { wait: 1 },
      { publish: "t", messages: ["a"] },
      { call: "PUT {subscription:s}", body: { topic: "{topic:t}", ackDeadlineSeconds: 60 } },
      { pull: "s", expect: [], emulator: ["a"] },
      seek("{time:start}"),
      { pull: "s", expect: ["a"] },
    ],
    emulator: {
      does: "delivers it without a seek",
      because: "a new subscription begins with all that its topic retained",
    },
  },
  {
    id: "replay/retention-end",
    shows: "an unacked message is dropped when its retention ends",
    source: DOCS.properties,
    subscriptions: { s: { messageRetentionDuration: "600s" } },
    steps: [{ publish: "t", messages: ["a"] }, { wait: 660 }, { pull: "s", within: 60, expect: [] }],
    emulator: { skip: "takes eleven minutes; measured: it delivers the message all the same" },
  },
  {
    id: "replay/retention-kept",
    shows: "until its retention ends an unacked message stays",
    source: DOCS.properties,
    subscriptions: { s: { messageRetentionDuration: "600s" } },
    steps: [{ publish: "t", messages: ["a"] }, { wait: 500 }, { pull: "s", within: 60, expect: ["a"] }],
    emulator: { skip: "takes eight minutes" },
  },
  {
    id: "replay/retention-bounds",
    shows: "a subscription retains from 10 minutes to 31 days",
    source: DOCS.proto,
    subscriptions: {},
    steps: [
      createWith({ messageRetentionDuration: "599s" }, { status: 400, error: "INVALID_ARGUMENT" }),
      createWith({ messageRetentionDuration: "2678401s" }, { status: 400, error: "INVALID_ARGUMENT" }),
      createWith({ messageRetentionDuration: "2678400s" }, {}, { status: 400, error: "INVALID_ARGUMENT" }),
    ],
    emulator: { does: "refuses more than 7 days", because: "the maximum was 7 days when it was made" },
  },
  {
    id: "replay/topic-retention-bounds",
    shows: "a topic retains from 10 minutes to 31 days",
    source: DOCS.proto,
    subscriptions: {},
    steps: [
      ...["599s", "2678401s"].map((messageRetentionDuration): Step => ({
        call: "PUT {topic:other}",
        body: { messageRetentionDuration },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      })),
      { call: "PUT {topic:other}", body: { messageRetentionDuration: "2678400s" } },
    ],
  },
];
