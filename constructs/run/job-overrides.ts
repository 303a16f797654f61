import type { IConstruct } from "constructs";
import { check, durationOf, isKnown, type Rule } from "../core";
import { JOB_LIMITS } from "./job-rules";
import { jobRunBody, type JobOverrides, type JobRunBody } from "./job-run-body";

export { isOverriding, type JobOverrides, jobRunBody, type JobRunBody } from "./job-run-body";

/** Reports overrides that Cloud Run would refuse. @returns the body */
export function checkedRunBody(construct: IConstruct, overrides: JobOverrides = {}): JobRunBody {
  const { timeout } = overrides;
  const timeoutMs = timeout === undefined ? undefined : durationOf(construct, "overrides.timeout", timeout);
  check(construct, { overrides, timeoutMs }, RULES);
  return Number.isNaN(timeoutMs) ? {} : jobRunBody(overrides);
}

interface Checked {
  readonly overrides: JobOverrides;
  readonly timeoutMs: number | undefined;
}

/** https://cloud.google.com/run/docs/container-contract#jobs-env-vars */
const RESERVED = /^CLOUD_RUN_/;

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1368",
    fault: ({ overrides: { tasks } }) =>
      tasks !== undefined &&
      isKnown(tasks) &&
      !(Number.isInteger(tasks) && tasks >= 1 && tasks <= JOB_LIMITS.tasks) && {
        problem: `an execution of ${tasks} tasks`,
        got: String(tasks),
        want: `1–${JOB_LIMITS.tasks}`,
      },
  },
  {
    code: "MR1368",
    fault: ({ timeoutMs, overrides: { timeout } }) =>
      timeoutMs !== undefined &&
      (timeoutMs <= 0 || timeoutMs > JOB_LIMITS.timeoutMs) && {
        problem: `an attempt of a task cannot last ${timeout}`,
        got: timeout,
        want: "1s–7d",
      },
  },
  {
    code: "MR1368",
    fault: ({ overrides: { environment = {} } }) => {
      const names = Object.keys(environment).filter((name) => RESERVED.test(name));
      return names.length > 0 && { problem: `${names.join(", ")} is set by Cloud Run itself`, got: names.join(", ") };
    },
  },
];
