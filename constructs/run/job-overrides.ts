import type { IConstruct } from "constructs";
import { type Duration, milliseconds, toGoogleDuration } from "../../language/duration";
import { check, durationOf, isKnown, type Rule } from "../core";
import { JOB_LIMITS } from "./job-rules";

/** What one execution of a job does otherwise than the job says. */
export interface JobOverrides {
  /** Tasks of this execution, 1–10000. @default the job's */
  readonly tasks?: number;
  /** Longest attempt of a task, up to 7d. @default the job's */
  readonly timeout?: Duration;
  /** Arguments in place of the job's; `[]` for none. A handler's bundle takes none: give it variables. @default the job's */
  readonly args?: readonly string[];
  /** Environment variables over the job's. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Body of `jobs.run`. google/cloud/run/v2/job.proto: `RunJobRequest` */
export interface JobRunBody {
  readonly overrides?: {
    readonly containerOverrides?: readonly {
      readonly args?: readonly string[];
      readonly clearArgs?: true;
      readonly env?: readonly { readonly name: string; readonly value: string }[];
    }[];
    readonly taskCount?: number;
    readonly timeout?: string;
  };
}

/** The request body that runs a job, with overrides or without. */
export function jobRunBody({ tasks, timeout, args, environment = {} }: JobOverrides = {}): JobRunBody {
  const env = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const container = {
    ...(args !== undefined && (args.length === 0 ? { clearArgs: true as const } : { args })),
    ...(env.length > 0 && { env }),
  };
  const overrides = {
    ...(Object.keys(container).length > 0 && { containerOverrides: [container] }),
    ...(tasks !== undefined && { taskCount: tasks }),
    ...(timeout !== undefined && { timeout: toGoogleDuration(milliseconds(timeout)) }),
  };
  return Object.keys(overrides).length > 0 ? { overrides } : {};
}

/** Whether an execution needs the role that lets its caller override. */
export const isOverriding = ({ environment = {}, ...others }: JobOverrides = {}): boolean =>
  Object.keys(environment).length > 0 || Object.values(others).some((value) => value !== undefined);

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
