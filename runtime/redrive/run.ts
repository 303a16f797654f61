import { ENV, LOCAL_ENVIRONMENT, parseClock } from "../../contract/environment";
import { type Issue, IssuesError } from "../../contract/issue";
import { readRedriveChoice } from "../../contract/redrive";
import { realClock } from "../clock";
import { logIssues, logOf, type RuntimeOptions } from "../core";
import type { Handler } from "../handler";
import { type Job, toJob } from "../job/job";
import { redrive } from "./redrive";
import type { Host } from "../serve";
import { memoryStore } from "../store/memory";
import { toHandler } from "./target";

/**
 * Redrives the dead letters of a handler inside its own code, for the life of a process: a Cloud Run job whose variables
 * say which subscription keeps them and which of them are meant. Exits with 0 when none has failed again on the way, and
 * with 1 otherwise. On SIGTERM begins with no further letter and gives back those it holds.
 */
export async function runRedrive(
  given: Job | Handler,
  options: RuntimeOptions = {},
  host: Host = process,
): Promise<void> {
  const { handler } = toJob(given);
  const log = logOf(handler, options);
  const stopping = new AbortController();
  const stop = () => {
    log.info("shutting down");
    stopping.abort();
  };
  host.once("SIGTERM", stop);
  host.once("SIGINT", stop);
  try {
    const { where, subscription } = readOrder(handler, options);
    const store = options.store ?? memoryStore();
    const { causes, keys, olderThan, newerThan, ...how } = where;
    const { failed } = await redrive({
      subscription,
      to: toHandler(handler, { ...options, store }),
      store,
      where: { causes, keys, olderThan, newerThan },
      ...how,
      emulatorHost: (options.env ?? process.env)["PUBSUB_EMULATOR_HOST"],
      signal: stopping.signal,
      log,
      ...(options.fetch && { fetch: options.fetch }),
      clock: options.clock ?? realClock(timeOf(options)),
    });
    host.exit(failed === 0 ? 0 : 1);
  } catch (error) {
    if (error instanceof IssuesError) logIssues(log, error.issues);
    else log.error("the redrive failed", { error });
    host.exit(1);
  }
}

/** The local engine's time, which letters were parked by. */
function timeOf({ env = process.env }: RuntimeOptions) {
  const text = env[ENV.environment] === LOCAL_ENVIRONMENT ? env[ENV.clock] : undefined;
  return text ? parseClock(text) : undefined;
}

/** @throws IssuesError MR3018 for what cannot be read, MR3025 where it would lose events */
function readOrder({ contract: { manifest } }: Handler, { env = process.env }: RuntimeOptions) {
  const path = `handler ${manifest.name}`;
  const { choice, faults } = readRedriveChoice(env);
  const issues = faults.map((problem): Issue => {
    const fix = "correct the variable, or leave it out";
    return { code: "MR3018", severity: "error", path, problem, fix };
  });
  const subscription = env[ENV.subscription] ?? "";
  if (subscription === "")
    issues.push({
      code: "MR3018",
      severity: "error",
      path,
      problem: `${ENV.subscription} is not set`,
      fix: "set it to the subscription that keeps the dead letters",
    });
  if (manifest.store === "memory") issues.push(forgetful(path));
  if (issues.length > 0) throw new IssuesError(issues);
  return { where: choice, subscription };
}

/** Records in memory are the handler's own: what was parked could not be reopened, and its redelivery would be passed over. */
export const forgetful = (path: string): Issue => ({
  code: "MR3025",
  severity: "error",
  path,
  problem: "its records are kept in the memory of the instance that parked, where nobody else can reopen them",
  fix: 'keep them elsewhere: store: "firestore" or "postgres" in the contract',
});
