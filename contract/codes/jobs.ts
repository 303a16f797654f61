import type { CodeTable } from "./table";

const QUOTAS = "https://cloud.google.com/run/quotas";
const JOB_PROTO = "google/cloud/run/v2/task_template.proto";
const POOL_PROTO = "google/cloud/run/v2/worker_pool.proto";

/** MR1360–MR1399: Cloud Run jobs and worker pools. */
export const jobsCodes = {
  MR1360: {
    title: "number of tasks out of range",
    why: "Cloud Run refuses the job",
    fix: "set tasks to 1–10000; a task can have many items",
    source: QUOTAS,
  },
  MR1361: {
    title: "tasks at a time out of range",
    why: "Cloud Run refuses the job",
    fix: "set parallelism to 1 or more, and to at most the number of tasks",
    source: "google/cloud/run/v2/execution_template.proto: parallelism",
  },
  MR1362: {
    title: "retries of a task out of range",
    why: "Cloud Run refuses the job",
    fix: "set retries to 0–10",
    source: JOB_PROTO + ": max_retries",
  },
  MR1363: {
    title: "task timeout out of range",
    why: "Cloud Run refuses the job",
    fix: "set timeout to at most 7d; a checkpointed task goes on in its next attempt",
    source: QUOTAS,
  },
  MR1364: {
    title: "less than one vCPU",
    why: "a container that is alone in its task or instance needs a whole vCPU; Cloud Run refuses the job",
    fix: "set cpu to 1, 2, 4, 6 or 8",
    source: "https://cloud.google.com/run/docs/configuring/jobs/cpu",
  },
  MR1365: {
    title: "not a full name of a job",
    why: "what was made elsewhere may live in another project or region, so its short name says too little",
    fix: "write projects/PROJECT/locations/REGION/jobs/JOB",
  },
  MR1366: {
    title: "task shorter than one of its items",
    why: "the attempt of the task would end in the middle of an item that is within its contract's time limit",
    fix: "raise the job's timeout, or lower the contract's timeLimit",
  },
  MR1367: {
    title: "task that is never tried again",
    why: "a task whose process is lost, or that ends with items that are to be tried again, is not resumed: what is left of it is not done",
    fix: "set retries to 1 or more",
  },
  MR1368: {
    title: "override that Cloud Run refuses",
    why: "the execution would not start",
    fix: "keep the execution within what a job may have, and set no variable that Cloud Run sets itself",
    source: "google/cloud/run/v2/job.proto: RunJobRequest.Overrides",
  },
  MR1369: {
    title: "redrive job whose records nobody can reach",
    why: "a parked event is passed over until its record is reopened, and one in the memory of another instance cannot be",
    fix: 'set store: "firestore" or "postgres" in the contract, or leave the redrive job out',
  },
  MR1370: {
    title: "redrive job with a number out of range",
    why: "its executions would end at once, having done nothing",
    fix: "choose a rate above 0, and whole numbers from 1 for limit and maxRedrives",
  },
  MR1371: {
    title: "redrive job without the handler's code",
    why: "the job gives dead letters to the handler inside its own process, and an image or a workload made elsewhere does not say where that handler is",
    fix: 'name the module: redrive: { entry: "orders.handler.ts" }, or make a RedriveJob by hand',
  },
  MR1380: {
    title: "number of instances out of range",
    why: "Cloud Run refuses the pool; it has exactly as many instances as it is told",
    fix: "set instances to a whole number from 0",
    source: POOL_PROTO + ": WorkerPoolScaling.manual_instance_count",
  },
  MR1381: {
    title: "handler without a subscription",
    why: "a worker pool is called by nobody: a handler that pulls from nowhere never has an event",
    fix: "give subscription, a pull subscription",
  },
  MR1382: {
    title: "subscription that pushes or exports",
    why: "Pub/Sub lets nobody pull from a subscription that pushes its messages or writes them elsewhere",
    fix: "leave push, bigQuery and cloudStorage out of the subscription",
    source: "google/pubsub/v1/pubsub.proto: PushConfig",
  },
  MR1383: {
    title: "worker pool with no instance",
    why: "nothing takes messages until somebody raises the number; they wait, and are lost when their retention ends",
    fix: "set instances to 1 or more, or acknowledge it for a pool that is scaled by hand",
  },
  MR1384: {
    title: "ordered messages and several instances",
    why: "Pub/Sub sends the messages of one key to one instance at a time, yet moves keys between instances when one starts or ends; records keep the order, throughput does not grow with keys that are few",
    fix: "acknowledge it when there are many keys, or set instances to 1",
    source: "https://cloud.google.com/pubsub/docs/ordering",
  },
} as const satisfies CodeTable;
