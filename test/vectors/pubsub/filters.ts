import { DOCS } from "./sources";
import type { Message, Vector } from "./vector";

const IGNORED = {
  does: "delivers every message",
  because: "0.8.20 stores a filter and never reads it; filtering came with Cloud SDK 555",
} as const;

const SAMPLE = {
  german: { data: "german", attributes: { lang: "de", kind: "order" } },
  english: { data: "english", attributes: { lang: "en", kind: "order" } },
  refund: { data: "refund", attributes: { lang: "en", kind: "order-refund" } },
  plain: { data: "plain" },
} satisfies Readonly<Record<string, Message>>;

const ALL = Object.keys(SAMPLE);

/** The same four messages through a filter. */
const selects = (id: string, filter: string, what: string, chosen: readonly (keyof typeof SAMPLE)[]): Vector => ({
  id: `filter/${id}`,
  shows: `\`${filter}\` selects ${what}`,
  source: DOCS.filter,
  subscriptions: { s: { filter } },
  steps: [
    { publish: "t", messages: Object.values(SAMPLE) },
    { pull: "s", expect: chosen, emulator: ALL, anyOrder: true },
    { pull: "s", expect: [] },
  ],
  emulator: IGNORED,
});

const refused = (id: string, filter: string, why: string): Vector => ({
  id: `filter/${id}`,
  shows: `${why} is refused when the subscription is created`,
  source: DOCS.filter,
  subscriptions: {},
  steps: [
    {
      call: "PUT {subscription:s}",
      body: { topic: "{topic:t}", filter },
      expect: { status: 400, error: "INVALID_ARGUMENT" },
      emulator: {},
    },
  ],
  emulator: { does: "accepts it", because: IGNORED.because },
});

/** Which messages a subscription gets at all. */
export const filters: readonly Vector[] = [
  selects("has-key", "attributes:lang", "messages that have the attribute", ["german", "english", "refund"]),
  selects("equals", 'attributes.lang = "en"', "messages with that value", ["english", "refund"]),
  selects("not-equals", 'attributes.lang != "en"', "other values and messages without the attribute", [
    "german",
    "plain",
  ]),
  selects("prefix", 'hasPrefix(attributes.kind, "order-")', "values that begin so", ["refund"]),
  selects("and", 'attributes.lang = "en" AND attributes.kind = "order"', "messages that meet both", ["english"]),
  selects("or", 'attributes.lang = "de" OR attributes.kind = "order-refund"', "messages that meet either", [
    "german",
    "refund",
  ]),
  selects("not", "NOT attributes:lang", "messages without the attribute", ["plain"]),
  selects("minus", '-attributes.lang = "en"', "what NOT would", ["german", "plain"]),
  selects(
    "parentheses",
    'attributes:kind AND NOT (attributes.lang = "de" OR attributes.kind = "order-refund")',
    "by grouping",
    ["english"],
  ),
  selects("quoted-key", 'attributes."lang" = "de"', "by a key in quotes as by a bare one", ["german"]),
  selects("case", 'attributes.Lang = "EN"', "nothing, since keys and values are case-sensitive", []),
  {
    id: "filter/acks-the-rest",
    shows: "a message that does not match counts as acked: seeking back to a snapshot does not bring it",
    source: DOCS.filter,
    subscriptions: { s: { filter: 'attributes.lang = "de"' } },
    steps: [
      { call: "PUT {snapshot:before}", body: { subscription: "{subscription:s}" } },
      { publish: "t", messages: [SAMPLE.german, SAMPLE.english] },
      { pull: "s", expect: ["german"], emulator: ["german", "english"], anyOrder: true },
      { ack: ["german"] },
      { call: "POST {subscription:s}:seek", body: { snapshot: "{snapshot:before}" } },
      { pull: "s", expect: ["german"], emulator: ["german", "english"], anyOrder: true },
      { pull: "s", expect: [] },
    ],
    emulator: IGNORED,
  },
  {
    id: "filter/beside-none",
    shows: "a filter concerns its own subscription alone",
    source: DOCS.filter,
    subscriptions: { s: { filter: 'attributes.lang = "de"' }, all: {} },
    steps: [
      { publish: "t", messages: [SAMPLE.german, SAMPLE.english] },
      { pull: "s", expect: ["german"], emulator: ["german", "english"], anyOrder: true },
      { pull: "all", expect: ["german", "english"], anyOrder: true },
    ],
    emulator: IGNORED,
  },
  {
    id: "filter/push",
    shows: "only what matches is pushed",
    source: DOCS.filter,
    endpoints: { e: {} },
    subscriptions: { s: { filter: 'attributes.lang = "de"', pushConfig: { pushEndpoint: "{endpoint:e}" } } },
    steps: [
      { publish: "t", messages: [SAMPLE.english, SAMPLE.german] },
      { pushed: "e", expect: ["german"], emulator: ["english", "german"], anyOrder: true },
      { pushed: "e", expect: [] },
    ],
    emulator: IGNORED,
  },
  {
    id: "filter/ordered",
    shows: "a message that is filtered out does not hold up its ordering key",
    source: DOCS.filter,
    subscriptions: { s: { filter: "attributes:take", enableMessageOrdering: true } },
    steps: [
      {
        publish: "t",
        messages: [
          { data: "a", orderingKey: "k", attributes: { take: "" } },
          { data: "b", orderingKey: "k" },
          { data: "c", orderingKey: "k", attributes: { take: "" } },
        ],
      },
      { pull: "s", expect: ["a", "c"], emulator: ["a", "b", "c"] },
    ],
    emulator: IGNORED,
  },
  refused("broken", "this is garbage(", "a filter that does not parse"),
  refused("mixed", "attributes:a AND attributes:b OR attributes:c", "AND beside OR without parentheses"),
  refused("function", 'hasSuffix(attributes.lang, "e")', "a function other than hasPrefix"),
  refused("data", 'data = "x"', "a condition on anything but attributes"),
  refused("long", `attributes.lang = "${"é".repeat(120)}"`, "a filter of more than 256 bytes, counted in UTF-8,"),
  {
    id: "filter/fixed",
    shows: "a filter cannot be changed",
    source: DOCS.filter,
    subscriptions: { s: { filter: "attributes:lang" } },
    steps: [
      {
        call: "PATCH {subscription:s}",
        body: {
          subscription: { name: "{subscription:s}", topic: "{topic:t}", filter: "attributes:kind" },
          updateMask: "filter",
        },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
  },
];
