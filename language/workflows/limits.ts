/** Limits of Workflows. https://cloud.google.com/workflows/quotas */
export const LIMITS = {
  /** Bytes of a definition, comments included. */
  source: 128 * 1024,
  assignments: 50,
  conditions: 50,
  /** Characters between `${` and `}`. */
  expression: 400,
  branches: 10,
  /** Parallel steps within each other. */
  parallelNesting: 2,
  /** Branches and iterations that run at once; the rest waits. */
  concurrency: 20,
  callDepth: 20,
  /** Steps that one execution may take. */
  steps: 100_000,
  /** Bytes of all variables and arguments. */
  memory: 512 * 1024,
  /** Bytes of a string. */
  string: 256 * 1024,
  /** Bytes of an HTTP response. */
  response: 2 * 1024 * 1024,
  /** Seconds that a request may take. */
  httpTimeout: 1_800,
  subworkflowParams: 10,
} as const;

/** Retries where a policy does not say how many, and of those that the library has. */
export const DEFAULT_RETRIES = 5;
