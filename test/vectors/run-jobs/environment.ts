import type { JobTask } from "../../../runtime/job/task";

/** What Cloud Run tells a task of a job. https://cloud.google.com/run/docs/container-contract#jobs-env-vars */
const TASK = {
  CLOUD_RUN_JOB: "nightly",
  CLOUD_RUN_EXECUTION: "nightly-x7k2p",
  CLOUD_RUN_TASK_INDEX: "0",
  CLOUD_RUN_TASK_COUNT: "3",
  CLOUD_RUN_TASK_ATTEMPT: "0",
};

/** Environments, and the task that each is or what is said of it. */
export const ENVIRONMENTS: readonly {
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  readonly task: JobTask | RegExp;
}[] = [
  {
    title: "a task's first attempt",
    env: TASK,
    task: { job: "nightly", execution: "nightly-x7k2p", index: 0, count: 3, attempt: 0 },
  },
  {
    title: "the third attempt of the last task",
    env: { ...TASK, CLOUD_RUN_TASK_INDEX: "2", CLOUD_RUN_TASK_ATTEMPT: "2" },
    task: { job: "nightly", execution: "nightly-x7k2p", index: 2, count: 3, attempt: 2 },
  },
  { title: "no job at all", env: {}, task: /MR3024.*CLOUD_RUN_EXECUTION is not set/ },
  { title: "an execution without a name", env: { ...TASK, CLOUD_RUN_EXECUTION: "" }, task: /MR3024/ },
  { title: "a task beyond the last", env: { ...TASK, CLOUD_RUN_TASK_INDEX: "3" }, task: /MR3024.*not below/ },
  { title: "an index that is no number", env: { ...TASK, CLOUD_RUN_TASK_INDEX: "1e" }, task: /MR3024.*"1e"/ },
  { title: "a count of none", env: { ...TASK, CLOUD_RUN_TASK_COUNT: "0" }, task: /MR3024/ },
  { title: "half an attempt", env: { ...TASK, CLOUD_RUN_TASK_ATTEMPT: "0.5" }, task: /MR3024/ },
];
