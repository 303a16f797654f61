import type { IncomingHttpHeaders } from "node:http";
import type { EventMeta } from "../../../contract/contract";
import type { Outcome } from "../../../runtime/outcome";

/** A request as the transport sends it, and what it is understood as: an event, or why it is none. */
export interface RequestVector {
  readonly title: string;
  readonly transport: "cloudTasks" | "cloudScheduler";
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event?: { readonly meta: EventMeta; readonly payload: unknown };
  readonly reason?: RegExp;
}

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
const without = (headers: IncomingHttpHeaders, name: string): IncomingHttpHeaders => {
  const { [name]: _gone, ...rest } = headers;
  return rest;
};
const taskMeta = (more: Partial<EventMeta> = {}): EventMeta => ({
  id: "orders/0042",
  source: "orders",
  attributes: {},
  publishTimeMs: 1_700_000_000_500,
  deliveryAttempt: 1,
  ...more,
});

export const REQUESTS: readonly RequestVector[] = [
  {
    title: "a task is its name within its queue",
    transport: "cloudTasks",
    headers: TASK,
    body: '{"id":"7"}',
    event: { meta: taskMeta(), payload: { id: "7" } },
  },
  {
    title: "a task counts what never reached the handler: TaskRetryCount, not TaskExecutionCount",
    transport: "cloudTasks",
    headers: { ...TASK, "x-cloudtasks-taskretrycount": "6", "x-cloudtasks-taskexecutioncount": "2" },
    body: '{"id":"7"}',
    event: { meta: taskMeta({ deliveryAttempt: 7 }), payload: { id: "7" } },
  },
  {
    title: "a task without a count leaves counting to the record",
    transport: "cloudTasks",
    headers: without(TASK, "x-cloudtasks-taskretrycount"),
    body: '{"id":"7"}',
    event: {
      meta: { id: "orders/0042", source: "orders", attributes: {}, publishTimeMs: 1_700_000_000_500 },
      payload: { id: "7" },
    },
  },
  {
    title: "a task may have no body",
    transport: "cloudTasks",
    headers: without(TASK, "content-type"),
    body: "",
    event: { meta: taskMeta(), payload: undefined },
  },
  {
    title: "a task may be text",
    transport: "cloudTasks",
    headers: { ...TASK, "content-type": "text/plain; charset=utf-8" },
    body: "7",
    event: { meta: taskMeta(), payload: "7" },
  },
  {
    title: "a task of no queue has no identity",
    transport: "cloudTasks",
    headers: without(TASK, "x-cloudtasks-queuename"),
    body: "{}",
    reason: /has no name/,
  },
  {
    title: "a run is its job at its time, whatever the attempt",
    transport: "cloudScheduler",
    headers: RUN,
    body: '{"id":"7"}',
    event: {
      meta: {
        id: "nightly/2023-11-14T22:13:20.000Z",
        source: "nightly",
        attributes: {},
        publishTimeMs: 1_700_000_000_000,
      },
      payload: { id: "7" },
    },
  },
  {
    title: "a run started by hand names no job",
    transport: "cloudScheduler",
    headers: without(RUN, "x-cloudscheduler-jobname"),
    body: "",
    event: {
      meta: {
        id: "by-hand/2023-11-14T22:13:20.000Z",
        source: "by-hand",
        attributes: {},
        publishTimeMs: 1_700_000_000_000,
      },
      payload: undefined,
    },
  },
  {
    title: "a run without a time has no identity",
    transport: "cloudScheduler",
    headers: without(RUN, "x-cloudscheduler-scheduletime"),
    body: "",
    reason: /no scheduled time/,
  },
];

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
