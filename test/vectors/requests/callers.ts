import { type RequestVector, without } from "./vector";

/** https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler */
const TASK = {
  "user-agent": "Google-Cloud-Tasks",
  "content-type": "application/json",
  "x-cloudtasks-queuename": "orders",
  "x-cloudtasks-taskname": "0042",
  "x-cloudtasks-taskretrycount": "0",
  "x-cloudtasks-taskexecutioncount": "0",
  "x-cloudtasks-tasketa": "1700000000.5",
};
const OF_TASK = {
  id: "orders/0042",
  source: "orders",
  attributes: {},
  publishTimeMs: 1_700_000_000_500,
  deliveryAttempt: 1,
};
const { deliveryAttempt: _uncounted, ...UNCOUNTED } = OF_TASK;

/** https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget */
const RUN = {
  "user-agent": "Google-Cloud-Scheduler",
  "content-type": "application/octet-stream",
  "x-cloudscheduler": "true",
  "x-cloudscheduler-jobname": "nightly",
  "x-cloudscheduler-scheduletime": "2023-11-14T22:13:20.000Z",
};
const OF_RUN = {
  id: "nightly/2023-11-14T22:13:20.000Z",
  source: "nightly",
  attributes: {},
  publishTimeMs: 1_700_000_000_000,
};

const STEP = {
  "user-agent": "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)",
  "content-type": "application/json",
  "x-millrace-workflow-execution": "0c5c7d1e-7a5c-4d43-a1c5-2a3b7b0d4f00",
  "x-millrace-workflow-step": "charge",
};
const OF_STEP = {
  id: "0c5c7d1e-7a5c-4d43-a1c5-2a3b7b0d4f00/charge",
  source: "0c5c7d1e-7a5c-4d43-a1c5-2a3b7b0d4f00",
  attributes: {},
};

export const CALLERS: readonly RequestVector[] = [
  {
    title: "a task is its name within its queue",
    headers: TASK,
    body: '{"id":"7"}',
    events: [{ meta: OF_TASK, payload: { id: "7" } }],
  },
  {
    title: "a task counts what never reached the handler: TaskRetryCount, not TaskExecutionCount",
    headers: { ...TASK, "x-cloudtasks-taskretrycount": "6", "x-cloudtasks-taskexecutioncount": "2" },
    body: '{"id":"7"}',
    events: [{ meta: { ...OF_TASK, deliveryAttempt: 7 }, payload: { id: "7" } }],
  },
  {
    title: "a task without a count leaves counting to the record",
    headers: without(TASK, "x-cloudtasks-taskretrycount"),
    body: '{"id":"7"}',
    events: [{ meta: UNCOUNTED, payload: { id: "7" } }],
  },
  {
    title: "a task may have no body",
    headers: without(TASK, "content-type"),
    body: "",
    events: [{ meta: OF_TASK, payload: undefined }],
  },
  {
    title: "a task may be text",
    headers: { ...TASK, "content-type": "text/plain; charset=utf-8" },
    body: "7",
    events: [{ meta: OF_TASK, payload: "7" }],
  },
  {
    title: "a task of no queue has no identity",
    headers: without(TASK, "x-cloudtasks-queuename"),
    body: "{}",
    events: [],
    reason: "has no name",
  },
  {
    title: "a run is its job at its time, whatever the attempt",
    headers: RUN,
    body: '{"id":"7"}',
    events: [{ meta: OF_RUN, payload: { id: "7" } }],
  },
  {
    title: "a run started by hand names no job",
    headers: without(RUN, "x-cloudscheduler-jobname"),
    body: "",
    events: [{ meta: { ...OF_RUN, id: "by-hand/2023-11-14T22:13:20.000Z", source: "by-hand" }, payload: undefined }],
  },
  {
    title: "a run without a time has no identity",
    headers: without(RUN, "x-cloudscheduler-scheduletime"),
    body: "",
    events: [],
    reason: "no scheduled time",
  },
  {
    title: "a step of a workflow is answered with the handler's result",
    headers: STEP,
    body: '{"id":"7"}',
    events: [{ meta: OF_STEP, payload: { id: "7" } }],
    status: 200,
    text: '{"handled":1}',
  },
  {
    title: "a call of a workflow that names no step has no identity",
    headers: without(STEP, "x-millrace-workflow-step"),
    body: "{}",
    events: [],
    reason: "x-millrace-workflow-step",
  },
];
