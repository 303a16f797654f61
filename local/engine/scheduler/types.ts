import type { Schedule } from "../../../language/schedule";
import type { Doubling } from "../doubling";

/** Durations are engine milliseconds. */
export interface JobConfig {
  /** `projects/{project}/locations/{region}/jobs/{job}` */
  readonly name: string;
  readonly schedule: Schedule;
  /** Name of the tz database. */
  readonly timeZone: string;
  readonly paused: boolean;
  /** How long an attempt may take. */
  readonly attemptDeadlineMs: number;
  readonly retry: JobRetry;
  readonly target: JobTarget;
}

export interface JobRetry extends Doubling {
  /** Attempts after the first, 0–5; with 0 none, whatever else is set. */
  readonly count: number;
  /** How long attempts may go on since the first, even when `count` is used up; 0 adds nothing to `count`. */
  readonly maxDurationMs: number;
}

export type JobTarget =
  | {
      readonly kind: "http";
      readonly url: string;
      readonly method: string;
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string };
      readonly oauth?: { readonly serviceAccountEmail: string };
    }
  | {
      readonly kind: "pubsub";
      /** `projects/{project}/topics/{topic}` */
      readonly topic: string;
      readonly data: Buffer;
      readonly attributes: Readonly<Record<string, string>>;
    };

/** How a run came out. Instants are engine milliseconds since the Unix epoch. */
export interface JobRun {
  /** The time it was scheduled for; of a run by hand, when it was asked for. */
  readonly scheduledMs: number;
  readonly endedMs: number;
  readonly attempts: number;
  readonly ok: boolean;
  /** For a person: `status 500`, `timeout after 180s`. */
  readonly reason: string;
}

export interface JobStatus {
  readonly config: JobConfig;
  readonly running: boolean;
  /** Undefined while it is paused. */
  readonly nextMs?: number;
  readonly lastRun?: JobRun;
}
