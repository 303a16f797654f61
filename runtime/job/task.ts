import { type Issue, IssuesError } from "../../contract/issue";

/** Which part of which execution of a Cloud Run job this process is. */
export interface JobTask {
  /** Name of the execution, equal for all of its tasks and their attempts. */
  readonly execution: string;
  /** From 0. */
  readonly index: number;
  /** Tasks of the execution, from 1. */
  readonly count: number;
  /** How often this task has been tried before, from 0. */
  readonly attempt: number;
  /** Name of the job. */
  readonly job?: string;
}

/**
 * Reads what Cloud Run tells a task: https://cloud.google.com/run/docs/container-contract#jobs-env-vars
 * @throws IssuesError (MR3024) when it is not told
 */
export function readTask(handler: string, env: NodeJS.ProcessEnv): JobTask {
  const issues: Issue[] = [];
  const fault = (problem: string) =>
    issues.push({
      code: "MR3024",
      severity: "error",
      path: `handler ${handler}`,
      problem,
      fix: "run it as a task of a Cloud Run job, or pass { task: { execution, index, count, attempt } }",
    });
  const whole = (name: string, least: number): number => {
    const text = env[name] ?? "";
    const value = text === "" ? NaN : Number(text);
    if (!(Number.isInteger(value) && value >= least)) fault(`${name}="${text}" is not a whole number from ${least}`);
    return value;
  };
  const execution = env["CLOUD_RUN_EXECUTION"] ?? "";
  if (execution === "") fault("CLOUD_RUN_EXECUTION is not set: nobody could tell a second try from a second run");
  const count = whole("CLOUD_RUN_TASK_COUNT", 1);
  const index = whole("CLOUD_RUN_TASK_INDEX", 0);
  const attempt = whole("CLOUD_RUN_TASK_ATTEMPT", 0);
  if (index >= count) fault(`CLOUD_RUN_TASK_INDEX ${index} is not below CLOUD_RUN_TASK_COUNT ${count}`);
  if (issues.length > 0) throw new IssuesError(issues);
  const job = env["CLOUD_RUN_JOB"];
  return { execution, index, count, attempt, ...(job && { job }) };
}
