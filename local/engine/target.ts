/** Code of the plan that the engine runs as child processes. */
export interface ProgramSpec {
  /** Name of the Cloud Run service, job or worker pool, or of the function. */
  readonly name: string;
  readonly kind: "service" | "function" | "job" | "workerPool";
  readonly project: string;
  readonly region: string;
  /** Absolute path of the deployed archive. */
  readonly archive: string;
  /** Of its bytes: other ones under the same path are another revision. */
  readonly archiveDigest?: string;
  /** `FUNCTION_TARGET` of a function. */
  readonly entryPoint?: string;
  /** The plan's environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runtime identity. */
  readonly serviceAccountEmail?: string;
}

/** A service or function of the plan, which is called. */
export interface TargetSpec extends ProgramSpec {
  readonly kind: "service" | "function";
  /** The URL callers of the plan use, for example `https://pushes-123.us-central1.run.app`; its host routes requests here. */
  readonly url: string;
  /** Every audience the front door accepts: the URL and the custom audiences. */
  readonly audiences: readonly string[];
  /** Members that hold `roles/run.invoker` on it, for example `serviceAccount:push@p.iam.gserviceaccount.com`. */
  readonly invokers: readonly string[];
  /** Requests one instance takes at a time. */
  readonly concurrency: number;
  readonly maxInstances: number;
  /** Request timeout, engine milliseconds. */
  readonly timeoutMs: number;
}
