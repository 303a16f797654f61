import { join, resolve } from "node:path";

/** Where the state of a stack is kept. */
export interface StatePaths {
  /** Absolute; everything of the stack is below it. */
  readonly directory: string;
  readonly lock: string;
  readonly journal: string;
  /** Journal of what Terraform has applied. */
  readonly applied: string;
  /** Folder of what was uploaded with it. */
  readonly uploads: string;
  readonly endpoints: string;
  /** Key of the token issuer. */
  readonly key: string;
}

/** @param stateDir usually `.millrace` */
export function statePaths(stateDir: string, stack: string): StatePaths {
  const directory = resolve(stateDir, stack);
  return {
    directory,
    lock: join(directory, "engine.lock"),
    journal: join(directory, "journal.ndjson"),
    applied: join(directory, "terraform", "resources.LOCAL.ndjson"),
    uploads: join(directory, "terraform", "uploads"),
    endpoints: join(directory, "endpoints.json"),
    key: join(directory, "LOCAL-issuer-key.pem"),
  };
}
