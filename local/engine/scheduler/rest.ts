import { toGoogleDuration } from "../../../language/duration";
import { printSchedule } from "../../../language/schedule";
import { errorResponse, jsonResponse, type RestHandler, StatusError } from "../../wire/rest";
import type { Scheduler } from "./scheduler";
import type { JobStatus } from "./types";

const iso = (ms: number) => new Date(ms).toISOString();

/** A job as Google's API shows it, with the last run's number of attempts and reason under a name of ours. */
export function jobResource({ config, running, nextMs, lastRun }: JobStatus) {
  const { name, schedule, timeZone, paused, attemptDeadlineMs, retry, target } = config;
  return {
    name,
    schedule: printSchedule(schedule),
    timeZone,
    state: paused ? "PAUSED" : "ENABLED",
    ...(target.kind === "http"
      ? { httpTarget: { uri: target.url, httpMethod: target.method } }
      : { pubsubTarget: { topicName: target.topic } }),
    attemptDeadline: toGoogleDuration(attemptDeadlineMs),
    retryConfig: { retryCount: retry.count },
    ...(nextMs !== undefined && { scheduleTime: iso(nextMs) }),
    ...(lastRun && {
      lastAttemptTime: iso(lastRun.endedMs),
      // google.rpc.Code: OK has no code, everything else is UNKNOWN (2) here, with the reason.
      status: lastRun.ok ? {} : { code: 2, message: lastRun.reason },
      millraceLastRun: { ...lastRun, scheduledTime: iso(lastRun.scheduledMs), endTime: iso(lastRun.endedMs) },
    }),
    ...(running && { millraceRunning: true }),
  };
}

const JOB = /^\/v1\/(projects\/[^/:]+\/locations\/[^/:]+\/jobs\/[^/:]+)(?::(run|pause|resume))?$/;
const LIST = /^\/v1\/(projects\/[^/:]+\/locations\/[^/:]+)\/jobs$/;

/**
 * What of Cloud Scheduler's REST API needs no new job: list, get, run, pause, resume, delete. A run that is asked for with
 * `millraceWait=true` is answered when it has ended; Google's own answer comes at once.
 */
export function schedulerRest(scheduler: Scheduler): RestHandler {
  return async ({ method, path, query }) => {
    try {
      const parent = LIST.exec(path)?.[1];
      if (parent !== undefined && method === "GET") {
        const jobs = scheduler.jobs().filter(({ config }) => config.name.startsWith(`${parent}/`));
        return jsonResponse({ jobs: jobs.map(jobResource) });
      }
      const [, name, verb] = JOB.exec(path) ?? [];
      const isDeletion = method === "DELETE" && verb === undefined;
      if (name === undefined || (!isDeletion && method !== (verb === undefined ? "GET" : "POST")))
        throw new StatusError("UNIMPLEMENTED", `${method} ${path}: the plan makes the jobs, and no client does`);
      const { config } = scheduler.job(name);
      if (isDeletion) {
        scheduler.remove(name);
        return jsonResponse({});
      }
      if (verb === "run") {
        const run = scheduler.run(config.name);
        if (query.get("millraceWait") === "true") await run;
      } else if (verb === "pause") scheduler.pause(name);
      else if (verb === "resume") scheduler.resume(name);
      return jsonResponse(jobResource(scheduler.job(name)));
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      throw error;
    }
  };
}
