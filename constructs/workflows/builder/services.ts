import type { Duration } from "../../../language/duration";
import type { IPushTarget, IServiceAccount } from "../../core";
import type { ICloudRunJob } from "../../run/job";
import type { JobOverrides } from "../../run/job-run-body";
import type { IStartableWorkflow } from "../../scheduler/targets";
import type { ITopic } from "../../pubsub/topic";
import type { ITaskQueue } from "../../tasks/queue";
import type { Data, Input } from "./expression";
import { base64, env, json, text } from "./library";
import type { HttpCall, TargetRequest } from "./request";
import type { RetryPolicy } from "./retry";

/** A message of Pub/Sub; its data goes as JSON. */
export interface Message {
  readonly data: Data;
  /** @default none */
  readonly attributes?: Readonly<Record<string, Input<string>>>;
  /** Messages of one key arrive in order, where the subscription says so. @default none */
  readonly orderingKey?: Input<string>;
  /** A message may then be there twice. @default not at all */
  readonly retry?: RetryPolicy;
}

export function publishCall(topic: ITopic, { data, attributes, orderingKey }: Message): HttpCall {
  const message = { data: base64.encode(json.encode(data)), attributes, orderingKey } as Data;
  return {
    function: "googleapis.pubsub.v1.projects.topics.publish",
    args: [
      ["topic", topic.name],
      ["body", { messages: [message] }],
    ],
  };
}

/** An event for a handler. */
export interface Delivery {
  readonly data: Data;
  /** The CloudEvent's type. @default "millrace.workflow.step" */
  readonly type?: string;
  /**
   * What makes the event one: deliveries of the same id have one effect. @default the execution and the step; in loops
   * and sub-workflows, where a step is taken more than once, it must be given
   */
  readonly id?: Input<string>;
  /** @default "transient": a second delivery has no second effect */
  readonly retry?: RetryPolicy;
}

/** A CloudEvent in binary form: every retry of the step is the same event. */
export function deliveryRequest(
  { data, type = "millrace.workflow.step", id, retry = "transient" }: Delivery,
  step: string,
): TargetRequest {
  const execution = env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID");
  return {
    method: "POST",
    headers: {
      "ce-specversion": "1.0",
      "ce-id": id ?? text`${execution}/${step}`,
      "ce-source": text`//workflows.googleapis.com/${env("GOOGLE_CLOUD_WORKFLOW_ID")}`,
      "ce-type": type,
    },
    body: data,
    retry,
  };
}

/** A task that calls one of our constructs, later or at a limited rate. */
export interface Task {
  readonly target: IPushTarget;
  /** Path below the target's URL. @default none */
  readonly path?: Input<string>;
  /** Sent as JSON. @default none */
  readonly body?: Data;
  /** Identity whose token the task carries. @default the workflow's own */
  readonly as?: IServiceAccount;
  /** The task's id: a second one of the same is refused for an hour. @default one that Google makes up */
  readonly id?: Input<string>;
  /** When it is due, RFC 3339. @default now */
  readonly at?: Input<string>;
  /** How long an attempt may take, 15s–30m. @default "10m" */
  readonly deadline?: Duration;
  /** @default not at all */
  readonly retry?: RetryPolicy;
}

/** @param url of the target */
export function taskCall(queue: ITaskQueue, task: Task, url: Data, seconds: Data): HttpCall {
  const email = task.as?.email ?? env("GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME");
  return {
    function: "googleapis.cloudtasks.v2.projects.locations.queues.tasks.create",
    args: [
      ["parent", queue.name],
      [
        "body",
        {
          task: {
            name: task.id === undefined ? undefined : text`${queue.name}/tasks/${task.id}`,
            scheduleTime: task.at,
            dispatchDeadline: seconds === undefined ? undefined : text`${seconds}s`,
            httpRequest: {
              url,
              httpMethod: "POST",
              headers: task.body === undefined ? undefined : { "Content-Type": "application/json" },
              body: task.body === undefined ? undefined : base64.encode(json.encode(task.body)),
              oidcToken: { serviceAccountEmail: email, audience: task.target.audience },
            },
          },
        },
      ],
    ],
  };
}

/** A run of a Cloud Run job. */
export interface JobRun {
  /** What the execution does otherwise than the job says. @default nothing */
  readonly overrides?: JobOverrides;
  /** How long the step waits for it to end, up to a year. @default 30 min */
  readonly timeout?: Duration | Input<number>;
}

export function runCall(job: ICloudRunJob, body: object | undefined, timeout: Data): HttpCall {
  return {
    function: "googleapis.run.v2.projects.locations.jobs.run",
    args: [
      ["name", job.name],
      ["body", body as Data],
      ["connector_params", timeout === undefined ? undefined : { timeout }],
    ],
  };
}

export function executeCall(workflow: IStartableWorkflow, argument: Data): HttpCall {
  const [, project, , location, , id] = workflow.name.split("/");
  return {
    function: "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run",
    args: [
      ["workflow_id", id],
      ["location", location],
      ["project_id", project],
      ["argument", argument],
    ],
  };
}
