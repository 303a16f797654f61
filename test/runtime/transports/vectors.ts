import type { IncomingHttpHeaders } from "node:http";
import type { Outcome } from "../../../runtime/outcome";

const TASK = {
  "user-agent": "Google-Cloud-Tasks",
  "content-type": "application/json",
  authorization: "Bearer x",
  "x-cloudtasks-queuename": "orders",
  "x-cloudtasks-taskname": "0042",
  "x-cloudtasks-taskretrycount": "0",
  "x-cloudtasks-taskexecutioncount": "0",
  "x-cloudtasks-tasketa": "1700000000.5",
};
const RUN = {
  "user-agent": "Google-Cloud-Scheduler",
  "content-type": "application/octet-stream",
  authorization: "Bearer x",
  "x-cloudscheduler": "true",
  "x-cloudscheduler-jobname": "nightly",
  "x-cloudscheduler-scheduletime": "2023-11-14T22:13:20.000Z",
};
/** Requests that neither of the two sends, whatever they look like. */
export const STRANGERS: readonly IncomingHttpHeaders[] = [
  { "content-type": "application/json" },
  { "user-agent": "Google-Cloud-Tasks" },
  { "ce-specversion": "1.0", "ce-id": "1" },
  // An unwrapped push whose publisher chose these names for attributes.
  { ...TASK, "x-goog-pubsub-message-id": "m-1" },
  { ...RUN, "x-goog-pubsub-message-id": "m-1" },
];

const cause = { class: "Error", message: "no" };

/** Outcomes and what each sender is told: 429 and 503 slow a whole queue down. */
export const ANSWERS: readonly { readonly outcome: Outcome; readonly push: number; readonly task: number }[] = [
  { outcome: { kind: "done" }, push: 204, task: 204 },
  { outcome: { kind: "replayed" }, push: 204, task: 204 },
  { outcome: { kind: "parked", cause }, push: 204, task: 204 },
  { outcome: { kind: "retry", cause }, push: 500, task: 500 },
  { outcome: { kind: "retry", cause: { class: "StoreUnavailable", message: "down" } }, push: 500, task: 503 },
  { outcome: { kind: "busy" }, push: 503, task: 500 },
  { outcome: { kind: "leaseLost" }, push: 503, task: 500 },
  { outcome: { kind: "rejected", code: "MR3021", reason: "no" }, push: 400, task: 400 },
];
