import { base64, type RequestVector, without } from "./vector";

/** https://cloud.google.com/pubsub/docs/push#receive_push: both spellings of id and time are sent. */
const WRAPPED = {
  host: "orders-abc.run.app",
  "content-type": "application/json",
  "user-agent": "CloudPubSub-Google",
};
const BODY =
  '{"message":{"attributes":{"key":"value"},"data":"eyJpZCI6IjcifQ==","messageId":"2070443601311540",' +
  '"message_id":"2070443601311540","publishTime":"2021-02-26T19:13:55.749Z","publish_time":"2021-02-26T19:13:55.749Z"},' +
  '"subscription":"projects/myproject/subscriptions/mysubscription"}';
const META = {
  id: "2070443601311540",
  attributes: { key: "value" },
  publishTimeMs: Date.UTC(2021, 1, 26, 19, 13, 55, 749),
  source: "projects/myproject/subscriptions/mysubscription",
};

/** https://cloud.google.com/pubsub/docs/payload-unwrapping, with `write_metadata`. */
const UNWRAPPED = {
  ...WRAPPED,
  "x-goog-pubsub-subscription-name": "projects/myproject/subscriptions/mysubscription",
  "x-goog-pubsub-message-id": "2070443601311540",
  "x-goog-pubsub-publish-time": "2021-02-26T19:13:55.749Z",
  key: "value",
};

const bad = (title: string, body: unknown, reason: string): RequestVector => ({
  title,
  headers: WRAPPED,
  body: JSON.stringify(body),
  events: [],
  reason,
});

export const PUSHES: readonly RequestVector[] = [
  { title: "a wrapped push", headers: WRAPPED, body: BODY, events: [{ meta: META, payload: { id: "7" } }] },
  {
    title: "a wrapped push of an ordered, dead-lettered subscription",
    headers: WRAPPED,
    body: `{"deliveryAttempt":5,${BODY.slice(1).replace('"messageId"', '"orderingKey":"k","messageId"')}`,
    events: [{ meta: { ...META, orderingKey: "k", deliveryAttempt: 5 }, payload: { id: "7" } }],
  },
  {
    title: "a wrapped push of attributes alone",
    headers: WRAPPED,
    body: '{"message":{"attributes":{"a":"b"},"messageId":"1"},"subscription":"projects/p/subscriptions/s"}',
    events: [{ meta: { id: "1", attributes: { a: "b" }, source: "projects/p/subscriptions/s" }, payload: undefined }],
  },
  {
    title: "a wrapped push without a deliveryAttempt that counts",
    headers: WRAPPED,
    body: '{"message":{"data":"MQ==","messageId":"1"},"deliveryAttempt":0}',
    events: [{ meta: { id: "1", attributes: {} }, payload: 1 }],
  },
  {
    title: "a wrapped push of text that is no ASCII",
    headers: WRAPPED,
    body: JSON.stringify({ message: { data: base64('"ü🐎"'), messageId: "1", attributes: { ключ: "é" } } }),
    events: [{ meta: { id: "1", attributes: { ключ: "é" } }, payload: "ü🐎" }],
  },
  {
    title: "an unwrapped push",
    headers: UNWRAPPED,
    body: '{"id":"7"}',
    events: [{ meta: META, payload: { id: "7" } }],
  },
  {
    title: "an unwrapped push of an ordered subscription",
    headers: { ...UNWRAPPED, "x-goog-pubsub-ordering-key": "k" },
    body: "",
    events: [{ meta: { ...META, orderingKey: "k" }, payload: undefined }],
  },
  {
    title: "an unwrapped push whose attributes look like every other sender's headers",
    headers: {
      ...UNWRAPPED,
      "ce-specversion": "1.0",
      "x-cloudtasks-taskname": "t",
      "x-cloudscheduler": "true",
      "x-millrace-workflow-execution": "e",
    },
    body: '{"id":"7"}',
    events: [
      {
        meta: {
          ...META,
          attributes: {
            key: "value",
            "ce-specversion": "1.0",
            "x-cloudtasks-taskname": "t",
            "x-cloudscheduler": "true",
            "x-millrace-workflow-execution": "e",
          },
        },
        payload: { id: "7" },
      },
    ],
  },
  {
    title: "an unwrapped push without metadata",
    headers: without(UNWRAPPED, "x-goog-pubsub-message-id"),
    body: '{"id":"7"}',
    events: [],
    reason: "write_metadata",
  },
  { title: "no body at all", headers: WRAPPED, body: "", events: [], reason: "neither a Pub/Sub push" },
  { title: "a form", headers: WRAPPED, body: "message=1", events: [], reason: "neither a Pub/Sub push" },
  bad("a message without an id", { message: { data: "" } }, "no messageId"),
  bad("a message whose data is no text", { message: { messageId: "1", data: [] } }, "not base64"),
  bad("a message whose data is cut off", { message: { messageId: "1", data: "MTI" } }, "not base64"),
  bad("a message whose data is base64url", { message: { messageId: "1", data: "Ij8_Ig==" } }, "not base64"),
  bad("a message whose attributes are no text", { message: { messageId: "1", attributes: { a: 1 } } }, "not text"),
  bad("a message that is none", { message: null }, "no message"),
  bad("JSON of something else", [{ message: 1 }], "neither a Pub/Sub push"),
];
