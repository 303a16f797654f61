import * as fc from "fast-check";
import type { Contract } from "../../contract/contract";
import {
  CloudRunJob,
  customTemplate,
  every,
  type EventDrivenPipeline,
  type IPipelineConsumer,
  type MillraceStack,
  ScheduledJob,
  type ScheduledJobProps,
  ServiceAccount,
  streamingJob,
  TaskQueueWorker,
  type TaskQueueWorkerProps,
  workerPool,
  WorkflowOrchestrator,
} from "../../constructs";
import { workflow } from "../../constructs/workflows/builder";
import { testContract } from "../support/handlers";

/** What else there is around a pipeline: who pulls from it, what it starts, and what fills it. */
export interface WorkCase {
  /** A pool of workers as a consumer, from a handler. */
  readonly pool: boolean;
  /** A Dataflow job as a consumer. */
  readonly stream: "none" | "classic" | "flex";
  /** A workflow that its events start, or that a schedule starts and that calls a consumer. */
  readonly flow: "none" | "on-event" | "on-schedule";
  /** A queue with its worker, and whether one of the pipeline's handlers fills it. */
  readonly tasks: "none" | "handler" | "account";
  readonly tasksOn: "function" | "service";
  /** A Cloud Run job from a handler or an image, started by a schedule. */
  readonly job: "none" | "handler" | "image";
  /** A schedule of its own. */
  readonly beat: "none" | "publish" | "handler";
  /** Of all this; those of the pipeline are its own. */
  readonly alarms: boolean;
  readonly attempts: number;
  readonly timeLimitSeconds: number;
}

/** Most pipelines have little around them: what they cost to check and to apply is the number of their resources. */
const seldom = <T>(...others: readonly [T, ...T[]]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("none" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

export const workCases: fc.Arbitrary<WorkCase> = fc.record({
  pool: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  stream: seldom("classic", "flex"),
  flow: seldom("on-event", "on-schedule"),
  tasks: seldom("handler", "account"),
  tasksOn: fc.constantFrom("function", "service"),
  job: seldom("handler", "image"),
  beat: seldom("publish", "handler"),
  alarms: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  attempts: fc.integer({ min: 5, max: 90 }),
  timeLimitSeconds: fc.integer({ min: 1, max: 1_500 }),
});

const IMAGE = `europe-west1-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
/** Before the next run is due. */
const SCHEDULE = every.day("03:00");

/** The contracts of the handlers of a case, by what they are for. */
export const workContracts = (one: WorkCase, index: number): Readonly<Record<string, Contract>> => {
  const contract = (part: string): Contract =>
    testContract({
      name: `p${index}-${part}`,
      retry: { attempts: one.attempts },
      timeLimit: `${one.timeLimitSeconds}s`,
      remember: "32d",
    });
  return {
    ...(one.pool && { pool: contract("pool") }),
    ...(one.tasks !== "none" && { tasks: contract("tasks") }),
    ...(one.job === "handler" && { job: contract("job") }),
    ...(one.beat === "handler" && { beat: contract("beat") }),
  };
};

const entryOf = (contract: Contract): string => `${contract.manifest.name}.handler.ts`;

/** The consumers that no handler behind a push is. */
export function workConsumers(one: WorkCase, index: number): readonly IPipelineConsumer[] {
  const { pool } = workContracts(one, index);
  const { stream } = one;
  return [
    ...(pool ? [workerPool({ contract: pool, entry: entryOf(pool), alarms: one.alarms })] : []),
    ...(stream === "none"
      ? []
      : [
          streamingJob({
            name: `p${index}-stream`,
            template: ({ subscription }) =>
              customTemplate({ path: "gs://templates/lines", form: stream, parameters: { input: subscription } }),
          }),
        ]),
  ];
}

/** What stands beside the pipeline. */
export function buildWork(stack: MillraceStack, one: WorkCase, index: number, pipeline: EventDrivenPipeline): void {
  const id = `P${index}`;
  const contracts = workContracts(one, index);
  const { alarms } = one;
  const job =
    one.job === "handler"
      ? new CloudRunJob(stack, `${id}Job`, {
          contract: contracts["job"]!,
          entry: entryOf(contracts["job"]!),
          tasks: 20,
        })
      : one.job === "image" && new CloudRunJob(stack, `${id}Job`, { image: IMAGE, tasks: 20, timeout: "10m", alarms });
  if (job) new ScheduledJob(stack, `${id}JobRuns`, { schedule: SCHEDULE, target: { runJob: job }, alarms });

  if (contracts["tasks"]) {
    const contract = contracts["tasks"];
    const props = { contract, entry: entryOf(contract), runOn: one.tasksOn, alarms } as TaskQueueWorkerProps;
    const worker = new TaskQueueWorker(stack, `${id}Tasks`, props);
    const [producer] = Object.values(pipeline.consumers);
    if (one.tasks === "handler" && producer) worker.bindProducer(producer.workload);
    else worker.grantEnqueue(new ServiceAccount(stack, `${id}Producer`));
  }
  if (one.flow !== "none")
    new WorkflowOrchestrator(stack, `${id}Flow`, {
      alarms,
      definition: workflow((w) => w.return("done", 1)),
      ...(one.flow === "on-event"
        ? { events: { placed: { event: { on: "message-published", topic: pipeline.topic } } } }
        : { schedules: { nightly: { schedule: SCHEDULE } } }),
    });
  const target = beatOf(one, pipeline, contracts["beat"]);
  if (target) new ScheduledJob(stack, `${id}Beat`, { schedule: SCHEDULE, target, alarms });
}

function beatOf(
  one: WorkCase,
  pipeline: EventDrivenPipeline,
  contract: Contract | undefined,
): ScheduledJobProps["target"] | undefined {
  if (contract) return { handler: { runOn: "service", contract, entry: entryOf(contract) } };
  if (one.beat === "publish") return { publish: pipeline.topic, data: "{}" };
  return undefined;
}
