import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import {
  allowCall,
  durationOf,
  type Grant,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  ServiceAccount,
} from "../core";
import type { ITopic } from "../pubsub/topic";
import type { ICloudRunJob } from "../run/job";
import { checkedRunBody, isOverriding, type JobOverrides } from "../run/job-overrides";
import type { ResolvedJob } from "./job-rules";

export type HttpMethod = "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH" | "OPTIONS";

/** Calls a service, a function or any endpoint. */
export interface CallTarget {
  readonly call: IPushTarget;
  /** Path below the target's URL, with a query if one is needed. @default none */
  readonly path?: string;
  /** @default "POST" */
  readonly method?: HttpMethod;
  /** @default none; Google adds its own */
  readonly headers?: Readonly<Record<string, string>>;
  /** With POST, PUT and PATCH only. @default none */
  readonly body?: string;
  /** Identity that calls. @default an account of its own, which may invoke this target and do nothing else */
  readonly identity?: IServiceAccount;
  /** How long an attempt may take, 15s–30m. @default the target's own limit, at least "180s" and at most 30m */
  readonly attemptDeadline?: Duration;
}

/** Publishes a message. */
export interface PublishTarget {
  readonly publish: ITopic;
  /** Data as UTF-8. @default none; then there must be an attribute */
  readonly data?: string;
  /** @default none */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Runs a Cloud Run job. The run has succeeded once the execution has begun, however that ends. */
export interface RunJobTarget {
  readonly runJob: ICloudRunJob;
  /** What the execution does otherwise than the job says. @default nothing */
  readonly overrides?: JobOverrides;
  /** Identity that runs it. @default an account of its own, which may run this job and do nothing else */
  readonly identity?: IServiceAccount;
}

/** A workflow, as those who start it see it. */
export interface IStartableWorkflow {
  /** `projects/{project}/locations/{region}/workflows/{workflow}`, readable at synth. */
  readonly name: string;
  /** What must exist before its first execution. */
  readonly dependables: readonly ITerraformDependable[];
  /** Lets the grantee start executions. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant;
}

/** Starts an execution of a workflow. The run has succeeded once the execution has begun, however that ends. */
export interface StartWorkflowTarget {
  readonly startWorkflow: IStartableWorkflow;
  /** Argument of the execution; it is sent as JSON. @default none */
  readonly argument?: unknown;
  /** Identity that starts it. @default an account of its own */
  readonly identity?: IServiceAccount;
}

/** Calls a handler of the project's App Engine application, which checks the header `X-Cloudscheduler` by itself. */
export interface AppEngineTarget {
  readonly appEngine: {
    /** Service, version and instance that are called. @default the application's default ones */
    readonly service?: string;
    readonly version?: string;
    readonly instance?: string;
  };
  /** Path and query, from `/`. */
  readonly path: string;
  /** @default "POST" */
  readonly method?: HttpMethod;
  /** @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** With POST, PUT and PATCH only. @default none */
  readonly body?: string;
  /** How long an attempt may take, 15s–24h15s. @default "180s" */
  readonly attemptDeadline?: Duration;
}

export type ScheduledTarget = CallTarget | PublishTarget | RunJobTarget | StartWorkflowTarget | AppEngineTarget;

/** A target, as the job is checked and made with it. */
export interface BoundTarget extends Pick<ResolvedJob, "http" | "message" | "appEngine"> {
  /** Identity that calls; undefined where Google calls as itself. */
  readonly identity?: IServiceAccount;
  /** What must exist before the first run. */
  readonly before: readonly ITerraformDependable[];
  /** The block of the provider. */
  readonly render: () => object;
}

/** Who binds: the job's construct, its full name and the name it was given. */
export interface Binding {
  readonly construct: Construct;
  readonly fullName: string;
  readonly name?: string;
}

const DEFAULT_DEADLINE_SECONDS = 180;
const LONGEST_SECONDS = 1_800;
/** Google's own APIs take access tokens, never identity tokens. target.proto: `OAuthToken` */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Gives an identity the roles that a target asks for, and says what becomes of the target in the plan. */
export function bindTarget(binding: Binding, target: ScheduledTarget): BoundTarget {
  if ("call" in target) return bindCall(binding, target);
  if ("publish" in target) return bindPublish(target);
  if ("runJob" in target) return bindRunJob(binding, target);
  if ("startWorkflow" in target) return bindWorkflow(binding, target);
  return bindAppEngine(binding, target);
}

function bindCall(binding: Binding, target: CallTarget): BoundTarget {
  const { call, path = "", method = "POST", headers, body } = target;
  const identity = identityOf(binding, target);
  const invoke = allowCall(call, identity, { reason: `runs ${binding.fullName}`, from: "scheduler" });
  const deadline = target.attemptDeadline ?? defaultDeadline(call);
  const http = {
    url: `${call.pushEndpoint}${path}`,
    method,
    hasBody: body !== undefined,
    headers: Object.keys(headers ?? {}),
    attemptDeadlineMs: durationOf(binding.construct, "target.attemptDeadline", deadline),
    targetSeconds: call.requestTimeoutSeconds,
  };
  return {
    http,
    identity,
    before: [...call.dependables, ...(invoke ? [invoke.resource] : [])],
    render: () => ({
      attemptDeadline: toGoogleDuration(http.attemptDeadlineMs),
      httpTarget: {
        uri: http.url,
        httpMethod: method,
        headers: headers && { ...headers },
        body: base64(body),
        oidcToken: { serviceAccountEmail: identity.emailReference, audience: call.audience },
      },
    }),
  };
}

const bindPublish = ({ publish, data, attributes }: PublishTarget): BoundTarget => ({
  message: { topic: publish.name, empty: !data && Object.keys(attributes ?? {}).length === 0 },
  before: [],
  render: () => ({
    pubsubTarget: {
      topicName: publish.reference,
      data: base64(data),
      attributes: attributes && { ...attributes },
    },
    // Ignored by the API for a topic, and the provider then plans to set it for ever (#24894).
    lifecycle: { ignoreChanges: ["attempt_deadline"] },
  }),
});

function bindRunJob(binding: Binding, target: RunJobTarget): BoundTarget {
  const { runJob, overrides } = target;
  const identity = identityOf(binding, target);
  const { resource } = runJob.grantRun(identity, {
    overrides: isOverriding(overrides),
    reason: `runs it for ${binding.fullName}`,
  });
  const body = checkedRunBody(binding.construct, overrides);
  return callOfApi(identity, {
    url: `https://run.googleapis.com/v2/${runJob.name}:run`,
    body,
    before: [...runJob.dependables, resource],
  });
}

function bindWorkflow(binding: Binding, target: StartWorkflowTarget): BoundTarget {
  const { startWorkflow, argument } = target;
  const identity = identityOf(binding, target);
  const { resource } = startWorkflow.grantInvoke(identity, `starts it for ${binding.fullName}`);
  return callOfApi(identity, {
    url: `https://workflowexecutions.googleapis.com/v1/${startWorkflow.name}/executions`,
    // The argument is JSON inside JSON. executions.proto: `Execution.argument`
    body: argument === undefined ? {} : { argument: JSON.stringify(argument) },
    before: [...startWorkflow.dependables, resource],
  });
}

interface ApiCall {
  readonly url: string;
  readonly body: object;
  readonly before: readonly ITerraformDependable[];
}

function callOfApi(identity: IServiceAccount, { url, body, before }: ApiCall): BoundTarget {
  const attemptDeadlineMs = DEFAULT_DEADLINE_SECONDS * 1_000;
  return {
    http: { url, method: "POST", hasBody: true, headers: [], attemptDeadlineMs },
    identity,
    before,
    render: () => ({
      attemptDeadline: toGoogleDuration(attemptDeadlineMs),
      httpTarget: {
        uri: url,
        httpMethod: "POST",
        headers: { "Content-Type": "application/json" },
        body: base64(JSON.stringify(body)),
        oauthToken: { serviceAccountEmail: identity.emailReference, scope: SCOPE },
      },
    }),
  };
}

function bindAppEngine({ construct }: Binding, target: AppEngineTarget): BoundTarget {
  const { appEngine, path, method = "POST", headers, body, attemptDeadline } = target;
  const deadlineMs = durationOf(construct, "target.attemptDeadline", attemptDeadline ?? `${DEFAULT_DEADLINE_SECONDS}s`);
  return {
    appEngine: {
      path,
      method,
      hasBody: body !== undefined,
      headers: Object.keys(headers ?? {}),
      attemptDeadlineMs: deadlineMs,
    },
    before: [],
    render: () => ({
      attemptDeadline: toGoogleDuration(deadlineMs),
      appEngineHttpTarget: {
        relativeUri: path,
        httpMethod: method,
        headers: headers && { ...headers },
        body: base64(body),
        appEngineRouting: Object.keys(appEngine).length === 0 ? undefined : { ...appEngine },
      },
    }),
  };
}

const identityOf = ({ construct, name }: Binding, { identity }: { readonly identity?: IServiceAccount }) =>
  identity ?? new ServiceAccount(construct, "Identity", { name: name && `${name}-cron` });

const defaultDeadline = ({ requestTimeoutSeconds = 0 }: IPushTarget): Duration =>
  `${Math.min(LONGEST_SECONDS, Math.max(DEFAULT_DEADLINE_SECONDS, requestTimeoutSeconds))}s`;

const base64 = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text).toString("base64"));
