import { DOCS } from "./sources";
import type { Vector } from "./vector";

/** Topics and subscriptions as resources: who gets a copy, and what becomes of it when one of them goes. */
export const topics: readonly Vector[] = [
  {
    id: "topic/fan-out",
    shows: "every subscription gets every message, under one message id",
    source: DOCS.subscribe,
    subscriptions: { s: {}, r: {} },
    steps: [
      { publish: "t", messages: ["a", "b"] },
      { pull: "s", expect: ["a", "b"], anyOrder: true },
      { pull: "r", expect: ["a", "b"], anyOrder: true },
    ],
  },
  {
    id: "topic/acks-are-per-subscription",
    shows: "an ack on one subscription leaves the other's copy alone",
    source: DOCS.subscribe,
    subscriptions: { s: {}, r: {} },
    steps: [
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { ack: ["a"] },
      { pull: "r", expect: ["a"] },
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "topic/late-subscription",
    shows: "a subscription gets only what is published after it was created",
    source: DOCS.subscribe,
    subscriptions: {},
    steps: [
      { publish: "t", messages: ["early"] },
      { call: "PUT {subscription:s}", body: { topic: "{topic:t}", ackDeadlineSeconds: 60 } },
      { publish: "t", messages: ["late"] },
      { pull: "s", expect: ["late"] },
      { pull: "s", expect: [] },
    ],
  },
  {
    id: "topic/deleted",
    shows: "a deleted topic takes no more messages; its subscriptions name `_deleted-topic_` and keep their backlog",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { call: "DELETE {topic:t}" },
      {
        call: "POST {topic:t}:publish",
        body: { messages: [{ data: "YQ==" }] },
        expect: { status: 404, error: "NOT_FOUND" },
      },
      { call: "GET {subscription:s}", expect: { match: { topic: "_deleted-topic_" } } },
      { pull: "s", expect: ["a"] },
    ],
  },
  {
    id: "topic/exists",
    shows: "a second topic of the same name is refused with 409, a missing one is 404",
    source: DOCS.proto,
    steps: [
      { call: "PUT {topic:t}", body: {}, expect: { status: 409, error: "ALREADY_EXISTS" } },
      { call: "GET {topic:none}", expect: { status: 404, error: "NOT_FOUND" } },
    ],
  },
  {
    id: "topic/labels-change",
    shows: "the labels of a topic can be changed",
    source: DOCS.topic,
    steps: [
      {
        call: "PATCH {topic:t}",
        body: { topic: { name: "{topic:t}", labels: { team: "orders" } }, updateMask: "labels" },
        expect: { match: { labels: { team: "orders" } } },
        emulator: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
    emulator: { does: "400", because: "it updates only retention, ingestion and transforms of a topic" },
  },
  {
    id: "subscription/exists",
    shows: "a second subscription of the same name is refused with 409",
    source: DOCS.proto,
    steps: [
      {
        call: "PUT {subscription:s}",
        body: { topic: "{topic:t}" },
        expect: { status: 409, error: "ALREADY_EXISTS" },
      },
    ],
  },
  {
    id: "subscription/without-topic",
    shows: "a subscription to a topic that does not exist is refused with 404",
    source: DOCS.proto,
    steps: [
      {
        call: "PUT {subscription:orphan}",
        body: { topic: "{topic:none}" },
        expect: { status: 404, error: "NOT_FOUND" },
      },
    ],
  },
  {
    id: "subscription/defaults",
    shows: "a subscription that says nothing has 10 s to ack, 7 days of retention and expires after 31 days",
    source: DOCS.properties,
    subscriptions: { s: { ackDeadlineSeconds: 0 } },
    steps: [
      {
        call: "GET {subscription:s}",
        expect: {
          match: {
            topic: "{topic:t}",
            ackDeadlineSeconds: 10,
            messageRetentionDuration: "604800s",
            expirationPolicy: { ttl: "2678400s" },
            pushConfig: {},
            state: "ACTIVE",
          },
        },
        emulator: { match: { ackDeadlineSeconds: 10, messageRetentionDuration: "604800s", pushConfig: {} } },
      },
    ],
    emulator: { does: "shows neither expiration nor state", because: "it keeps neither" },
  },
  {
    id: "subscription/deleted",
    shows: "a deleted subscription cannot be pulled",
    source: DOCS.proto,
    steps: [
      { publish: "t", messages: ["a"] },
      { call: "DELETE {subscription:s}" },
      { call: "POST {subscription:s}:pull", body: { maxMessages: 1 }, expect: { status: 404, error: "NOT_FOUND" } },
    ],
  },
  {
    id: "subscription/detached",
    shows: "a detached subscription says so and can no longer be pulled",
    source: DOCS.detach,
    steps: [
      { publish: "t", messages: ["a"] },
      { call: "POST {subscription:s}:detach", body: {}, emulator: { status: 501, error: "UNIMPLEMENTED" } },
      {
        call: "GET {subscription:s}",
        expect: { match: { detached: true } },
        emulator: { match: { topic: "{topic:t}" } },
      },
      {
        call: "POST {subscription:s}:pull",
        body: { maxMessages: 1, returnImmediately: true },
        expect: { status: 400, error: "FAILED_PRECONDITION" },
        emulator: { match: { receivedMessages: [{}] } },
      },
    ],
    emulator: { does: "501, and the subscription goes on", because: "DetachSubscription is not implemented" },
  },
  {
    id: "subscription/deadline-change",
    shows: "a changed ack deadline holds for the next delivery",
    source: DOCS.lease,
    steps: [
      {
        call: "PATCH {subscription:s}",
        body: {
          subscription: { name: "{subscription:s}", topic: "{topic:t}", ackDeadlineSeconds: 10 },
          updateMask: "ackDeadlineSeconds",
        },
        expect: { match: { ackDeadlineSeconds: 10 } },
      },
      { publish: "t", messages: ["a"] },
      { pull: "s", expect: ["a"] },
      { pull: "s", within: 15, expect: [{ data: "a", after: [9, 13] }] },
    ],
  },
  {
    id: "subscription/labels-change",
    shows: "the labels of a subscription can be changed",
    source: DOCS.properties,
    steps: [
      {
        call: "PATCH {subscription:s}",
        body: {
          subscription: { name: "{subscription:s}", topic: "{topic:t}", labels: { team: "orders" } },
          updateMask: "labels",
        },
        expect: { match: { labels: { team: "orders" } } },
        emulator: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
    emulator: { does: "400", because: "its update mask knows neither labels nor the expiration policy" },
  },
  {
    id: "subscription/ordering-fixed",
    shows: "ordering cannot be turned on after creation",
    source: DOCS.properties,
    steps: [
      {
        call: "PATCH {subscription:s}",
        body: {
          subscription: { name: "{subscription:s}", topic: "{topic:t}", enableMessageOrdering: true },
          updateMask: "enableMessageOrdering",
        },
        expect: { status: 400, error: "INVALID_ARGUMENT" },
      },
    ],
  },
];
