import { type Duration, milliseconds, toGoogleDuration } from "../../language/duration";

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
