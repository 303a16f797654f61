import type { RecordData } from "../../../runtime/store/store";

/** A request that the runtime makes, byte by byte. */
export interface OutgoingVector {
  /** `POST pubsub.googleapis.com/v1/…` */
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const post = (line: string, body: string, token = "access-token"): OutgoingVector => ({
  line: `POST ${line}`,
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body,
});

/** https://cloud.google.com/compute/docs/metadata/querying-metadata: without the header it refuses. */
export const METADATA: OutgoingVector = {
  line: "GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform",
  headers: { "metadata-flavor": "Google" },
  body: "",
};

/** https://developers.google.com/identity/openid-connect/openid-connect#discovery: keys are public, nobody is named. */
export const KEYS: OutgoingVector = { line: "GET www.googleapis.com/oauth2/v3/certs", headers: {}, body: "" };

const TOPIC = "projects/p/topics/orders";

/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish */
export const PUBLISHED = {
  topic: TOPIC,
  plain: post(
    `pubsub.googleapis.com/v1/${TOPIC}:publish`,
    '{"messages":[{"data":"eyJpZCI6IsO8In0=","attributes":{"googclient_traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","kind":"order","millrace-dedupe-id":"id-1"}}]}',
  ),
  ordered: post(
    `pubsub.googleapis.com/v1/${TOPIC}:publish`,
    '{"messages":[{"data":"MQ==","attributes":{"millrace-dedupe-id":"a"},"orderingKey":"k"},{"data":"Mg==","attributes":{"millrace-dedupe-id":"b"},"orderingKey":"k"}]}',
  ),
  /** Without data there is no field for it, and without a key none for that. */
  empty: post(`pubsub.googleapis.com/v1/${TOPIC}:publish`, '{"messages":[{"attributes":{"millrace-dedupe-id":"c"}}]}'),
} as const;

const DATABASE = "projects/p/databases/(default)";
const DOCUMENTS = `firestore.googleapis.com/v1/${DATABASE}/documents`;

/** A record with a value in every field that there is. */
export const WHOLE: RecordData = {
  state: "RELEASED",
  token: 2,
  owner: "nonce",
  revision: 7,
  leaseMs: 15_000,
  delayMs: 30_000,
  attempts: 3,
  lostLeases: 1,
  handler: "orders",
  epoch: 1,
  messageId: "m-1",
  fingerprint: "f",
  firstSeenMs: 1_700_000_000_000,
  result: '{"a":1}',
  steps: { psp: '"c-1"' },
  error: { class: "Declined", message: "no" },
  outbox: ["key-1"],
  expireAtMs: 1_700_604_800_000,
};

const RECORD_FIELDS =
  '{"state":{"stringValue":"RELEASED"},"token":{"integerValue":"2"},"owner":{"stringValue":"nonce"},"revision":{"integerValue":"7"},' +
  '"leaseMs":{"integerValue":"15000"},"delayMs":{"integerValue":"30000"},"attempts":{"integerValue":"3"},"lostLeases":{"integerValue":"1"},' +
  '"handler":{"stringValue":"orders"},"epoch":{"integerValue":"1"},"messageId":{"stringValue":"m-1"},"fingerprint":{"stringValue":"f"},' +
  '"result":{"stringValue":"{\\"a\\":1}"},"steps":{"mapValue":{"fields":{"psp":{"stringValue":"\\"c-1\\""}}}},' +
  '"outbox":{"arrayValue":{"values":[{"stringValue":"key-1"}]}},' +
  '"error":{"mapValue":{"fields":{"class":{"stringValue":"Declined"},"message":{"stringValue":"no"}}}},' +
  '"firstSeen":{"timestampValue":"2023-11-14T22:13:20.000Z"},"expireAt":{"timestampValue":"2023-11-21T22:13:20.000Z"}}';

/** https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents */
export const STORED = {
  database: DATABASE,
  /** A claim of what is not there. */
  create: post(
    `${DOCUMENTS}:commit`,
    `{"writes":[{"update":{"name":"${DATABASE}/documents/millrace-records/key","fields":${RECORD_FIELDS}},"currentDocument":{"exists":false}}]}`,
  ),
  /** Effects, messages and the record in one commit, fenced by the update time that was seen. */
  everything: post(
    `${DOCUMENTS}:commit`,
    `{"writes":[{"update":{"name":"${DATABASE}/documents/millrace-records/key","fields":${RECORD_FIELDS}},"currentDocument":{"updateTime":"2026-01-01T00:00:00.000001Z"}},` +
      `{"update":{"name":"${DATABASE}/documents/orders/7","fields":{"n":{"integerValue":"1"}}}},` +
      `{"update":{"name":"${DATABASE}/documents/orders/8","fields":{}},"currentDocument":{"exists":false}},` +
      `{"delete":"${DATABASE}/documents/orders/9"},` +
      `{"update":{"name":"${DATABASE}/documents/millrace-outbox/key-2","fields":{"topic":{"stringValue":"${TOPIC}"},"data":{"bytesValue":"AP8="},"attributes":{"stringValue":"{\\"a.b\\":\\"1\\"}"},"orderingKey":{"stringValue":"k"},"expireAt":{"timestampValue":"2023-11-21T22:13:20.000Z"}}}},` +
      `{"delete":"${DATABASE}/documents/millrace-outbox/key-1"}]}`,
  ),
  /** `:batchGet` and not `documents.get`, which says nothing of the time of the read. */
  read: post(`${DOCUMENTS}:batchGet`, `{"documents":["${DATABASE}/documents/millrace-records/key"]}`),
  rows: post(
    `${DOCUMENTS}:batchGet`,
    `{"documents":["${DATABASE}/documents/millrace-outbox/key-1","${DATABASE}/documents/millrace-outbox/key-2"]}`,
  ),
  pending: post(
    `${DOCUMENTS}:runQuery`,
    `{"structuredQuery":{"select":{"fields":[{"fieldPath":"__name__"}]},"from":[{"collectionId":"millrace-outbox"}],"orderBy":[{"field":{"fieldPath":"__name__"},"direction":"ASCENDING"}],"startAt":{"values":[{"referenceValue":"${DATABASE}/documents/millrace-outbox/key-1"}],"before":false},"limit":5}}`,
  ),
} as const;

export const CALLBACK =
  "https://workflowexecutions.googleapis.com/v1/projects/p/locations/l/workflows/w/executions/e/callbacks/c_1";
const CALLED = CALLBACK.replace("https://", "");

/** https://cloud.google.com/workflows/docs/creating-callback-endpoints */
export const TOLD = {
  done: post(CALLED, '{"outcome":"done","result":{"charge":"ü"}}'),
  nothing: post(CALLED, '{"outcome":"done","result":null}'),
  parked: post(CALLED, '{"outcome":"parked","error":{"class":"Declined","message":"no"}}'),
} as const;
