import { DOCS } from "./sources";
import type { Message, Vector } from "./vector";

const message: Message = {
  data: '{"status":"ready"}',
  attributes: { "Content-Type": "application/json", lang: "de" },
  orderingKey: "k",
};
const data = message.data!;
const endpoints = { e: {} };
const push = (noWrapper: object) => ({
  s: { enableMessageOrdering: true, pushConfig: { pushEndpoint: "{endpoint:e}", noWrapper } },
});

/** Pushes whose body is the bare data. */
export const unwrapped: readonly Vector[] = [
  {
    id: "unwrapped/bare",
    shows: "the body is the data, and nothing says what message it was",
    source: DOCS.unwrapping,
    endpoints,
    subscriptions: push({ writeMetadata: false }),
    steps: [
      { publish: "t", messages: [message] },
      {
        pushed: "e",
        expect: [
          {
            data,
            method: "POST",
            headers: { lang: null, "x-goog-pubsub-message-id": null, "x-goog-pubsub-subscription-name": null },
          },
        ],
      },
    ],
  },
  {
    id: "unwrapped/metadata",
    shows: "with `writeMetadata` id, subscription, time, key and each attribute are headers",
    source: DOCS.unwrapping,
    endpoints,
    subscriptions: push({ writeMetadata: true }),
    steps: [
      { publish: "t", messages: [message] },
      {
        pushed: "e",
        expect: [
          {
            data,
            headers: {
              "x-goog-pubsub-subscription-name": "{subscription:s}",
              "x-goog-pubsub-message-id": /^\d+$/,
              "x-goog-pubsub-publish-time": /^20\d\d-\d\d-\d\dT/,
              "x-goog-pubsub-ordering-key": "k",
              "content-type": "application/json",
              lang: "de",
            },
          },
        ],
        emulator: [
          {
            data,
            headers: {
              "x-goog-pubsub-subscription-name": "{subscription:s}",
              "x-goog-pubsub-message-id": /^\d+$/,
              "x-goog-pubsub-publish-time": /^20\d\d-\d\d-\d\dT/,
              "x-goog-ordering-key": "k",
              "content-type": "application/json",
              lang: "de",
            },
          },
        ],
      },
    ],
    emulator: { does: "calls the key's header `x-goog-ordering-key`", because: "a name of its own" },
  },
  {
    id: "unwrapped/nack",
    shows: "answers mean what they mean for a wrapped push",
    source: DOCS.unwrapping,
    endpoints: { e: { answers: { [data]: [500, 204] } } },
    subscriptions: push({ writeMetadata: true }),
    steps: [
      { publish: "t", messages: [message] },
      { pushed: "e", expect: [data, data] },
      { pushed: "e", expect: [] },
    ],
  },
];
