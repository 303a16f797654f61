import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";
import {
  acknowledge,
  type Acknowledgement,
  type AnyContract,
  check,
  type Grant,
  type IGrantee,
  type IServiceAccount,
  type IWorkload,
  type Rule,
  ServiceAccount,
} from "../core";
import type { Alarm } from "../monitoring/alarm";
import { checkTold } from "../monitoring/monitored";
import { CalledHandler, type CalledHandlerOptions } from "../pipeline/called";
import type { ConsumerCode } from "../pipeline/deploy";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import { TaskQueue, type TaskQueueProps, type TaskRetry } from "./queue";

interface WorkerOptions extends Omit<CalledHandlerOptions, "transports" | "deadlineSeconds"> {
  /** Dispatches per second on average, above 0 and at most 500. @default 500 */
  readonly perSecond?: number;
  /** Dispatches at a time, 1–5000. @default as many as the worker's instances take, at most 1000 */
  readonly concurrent?: number;
  /**
   * How a failed task is repeated. @default pauses by the contract; attempts enough for the contract's and for those that
   * meet no instance, 100
   */
  readonly retry?: TaskRetry;
  /** See `TaskQueueProps`. */
  readonly queue?: Pick<TaskQueueProps, "generation" | "logShare" | "tooDeep" | "tooLate">;
  /** Warnings accepted for this worker. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** A handler and the queue that it takes its tasks from. */
export type TaskQueueWorkerProps = WorkerOptions & ConsumerCode;

/** What every task of a worker has in common, in the words of Cloud Tasks' API. */
export interface TaskDefaults {
  /** `projects/{project}/locations/{region}/queues/{queue}`: the parent of `createTask`. */
  readonly parent: string;
  readonly httpRequest: {
    readonly httpMethod: "POST";
    readonly url: string;
    readonly oidcToken: { readonly serviceAccountEmail: string; readonly audience: string };
  };
  /** `65s`: how long an attempt may take. */
  readonly dispatchDeadline: string;
}

/** google/cloud/tasks/v2/task.proto: `Task.dispatch_deadline` */
const DISPATCH_DEADLINE = { leastSeconds: 15, defaultSeconds: 600, mostSeconds: 1_800 } as const;
/** As many as Google's own default. A task whose attempts are used up is deleted, so attempts that met nobody must not do it. */
const ATTEMPTS = 100;
const CONCURRENT = 1_000;
const INSTANCES = 10;

/**
 * A queue, and a private worker for its tasks: called by the queue's identity alone, never longer than its contract
 * says, and parking on the last attempt what Cloud Tasks would delete without a word.
 */
export class TaskQueueWorker extends Construct {
  readonly contract: AnyContract;
  readonly queue: TaskQueue;
  readonly workload: IWorkload;
  /** Identity that tasks name, and the only one that may call the worker. */
  readonly identity: IServiceAccount;
  readonly deadLetterTopic: DeadLetterTopic;
  /** What must exist before the first task: a producer that must lose nothing depends on it. */
  readonly dependables: readonly ITerraformDependable[];
  /** The alarms as data, made or not. */
  readonly alarms: readonly Alarm[];
  /** What `createTask` is given beside the task's own body and time. */
  readonly taskDefaults: TaskDefaults;

  constructor(scope: Construct, id: string, props: TaskQueueWorkerProps) {
    super(scope, id);
    const { contract, perSecond, retry = {}, queue = {}, acknowledge: accepted = [], ...rest } = props;
    const { name, ...manifest } = contract.manifest;
    this.contract = contract;
    for (const one of accepted) acknowledge(this, one);
    checkTold(this, props, "parked tasks");
    const neededSeconds = Math.ceil((manifest.timeLimitMs + DEADLINE_MARGIN_MS) / 1_000);
    const deadlineSeconds = Math.min(
      DISPATCH_DEADLINE.mostSeconds,
      Math.max(DISPATCH_DEADLINE.leastSeconds, neededSeconds),
    );
    const room = (props.maxInstances ?? INSTANCES) * (props.concurrency ?? manifest.concurrency);
    const concurrent = props.concurrent ?? Math.min(CONCURRENT, room);
    const attempts = retry.attempts ?? Math.max(ATTEMPTS, manifest.attempts);
    check(this, { contract, neededSeconds, concurrent, room, attempts }, RULES);

    const handler = new CalledHandler(this, "Handler", { ...rest, contract, deadlineSeconds, transports: ["tasks"] });
    this.workload = handler.workload;
    this.deadLetterTopic = handler.deadLetterTopic;
    this.identity = new ServiceAccount(this, "Identity", { name: `${name}-tasks` });
    handler.expect({ by: this.identity, from: "tasks", ...(attempts !== "unlimited" && { attempts }) });
    const invoke = this.workload.grantInvoke(this.identity, "carries out its tasks");
    this.queue = new TaskQueue(this, "Queue", {
      ...queue,
      name,
      perSecond,
      concurrent,
      retry: {
        minBackoff: `${manifest.minBackoffMs}ms`,
        maxBackoff: `${manifest.maxBackoffMs}ms`,
        ...retry,
        attempts,
      },
      exhausted: "parked-by-handler",
      notify: props.notify,
      alarms: props.alarms,
      dashboard: props.dashboard,
    });
    this.dependables = [...handler.dependables, ...(invoke ? [invoke.resource] : []), ...this.queue.dependables];
    this.alarms = [...this.queue.alarms, ...handler.alarms];
    this.taskDefaults = {
      parent: this.queue.name,
      httpRequest: {
        httpMethod: "POST",
        // The address that is known at synth where there is one: a producer that found it in its environment as a
        // reference could not be made before the worker.
        url: this.workload.audience.startsWith("https:") ? this.workload.audience : this.workload.pushEndpoint,
        oidcToken: { serviceAccountEmail: this.identity.email, audience: this.workload.audience },
      },
      dispatchDeadline: `${deadlineSeconds}s`,
    };
  }

  /**
   * Lets the grantee create tasks for this worker. The grants wait until the worker can carry them out.
   * @returns enqueuer on the queue, actAs on the identity that tasks name, and that identity invoker of the worker
   */
  grantEnqueue(grantee: IGrantee): readonly Grant[] {
    return this.queue.grantEnqueue(grantee, {
      as: this.identity,
      target: this.workload,
      dependsOn: this.dependables,
    });
  }

  /**
   * Lets a workload create tasks, and tells it how: `name` is set to the task defaults as JSON.
   * @param name of the environment variable @default `{CONTRACT_NAME}_TASKS`
   */
  bindProducer(producer: Pick<IWorkload, "serviceAccount" | "addEnvironment">, name?: string): readonly Grant[] {
    const variable = name ?? `${this.contract.manifest.name.replace(/-/g, "_").toUpperCase()}_TASKS`;
    producer.addEnvironment(variable, JSON.stringify(this.taskDefaults));
    return this.grantEnqueue(producer.serviceAccount);
  }
}

interface Checked {
  readonly contract: AnyContract;
  readonly neededSeconds: number;
  readonly concurrent: number;
  /** Requests that the worker's instances take at a time. */
  readonly room: number;
  readonly attempts: number | "unlimited";
}

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1961",
    fault: ({ contract: { manifest }, neededSeconds }) =>
      neededSeconds > DISPATCH_DEADLINE.mostSeconds && {
        problem: `handler limit ${manifest.timeLimitMs / 1_000} s, with a margin of ${DEADLINE_MARGIN_MS / 1_000} s, is longer than the ${DISPATCH_DEADLINE.mostSeconds} s that Cloud Tasks waits at most`,
        got: `${manifest.timeLimitMs / 1_000}s`,
        want: "≤ 1795s",
      },
  },
  {
    code: "MR1965",
    severity: "warning",
    fault: ({ neededSeconds }) =>
      neededSeconds > DISPATCH_DEADLINE.defaultSeconds &&
      neededSeconds <= DISPATCH_DEADLINE.mostSeconds && {
        problem: `an attempt may take ${neededSeconds} s, and a task that says nothing is given up after ${DISPATCH_DEADLINE.defaultSeconds} s`,
      },
  },
  {
    code: "MR1962",
    severity: "warning",
    fault: ({ concurrent, room }) =>
      concurrent > room && {
        problem: `${concurrent} dispatches at a time, and the worker's instances take ${room}`,
        got: String(concurrent),
        want: `≤ ${room}`,
      },
  },
  {
    code: "MR1963",
    severity: "warning",
    fault: ({ attempts, contract: { manifest } }) =>
      attempts !== "unlimited" &&
      attempts < manifest.attempts && {
        problem: `the queue makes ${attempts} attempts, the contract ${manifest.attempts}`,
        got: String(attempts),
        want: `≥ ${manifest.attempts}`,
      },
  },
  {
    code: "MR1964",
    fault: ({ contract: { manifest } }) =>
      manifest.order && { problem: "the contract wants order, and a queue has none" },
  },
];
