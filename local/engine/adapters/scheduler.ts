import { parseSchedule, isTimeZone } from "../../../language/schedule";
import { issue } from "../../plan/issues";
import type { JobConfig, JobTarget } from "../scheduler";
import type { Adapter, Reader } from "./adapter";
import { milliseconds } from "./common";
import { observed, type Written } from "./observed";
import { topicName } from "./pubsub";

/** Defaults of google/cloud/scheduler/v1/job.proto and of the provider. */
const DEFAULTS = {
  timeZone: "Etc/UTC",
  attemptDeadlineMs: 180_000,
  minBackoffMs: 5_000,
  maxBackoffMs: 3_600_000,
  maxDoublings: 5,
} as const;

const job: Adapter = {
  type: "google_cloud_scheduler_job",
  // Nothing of App Engine runs here.
  runs: ({ pubsub_target, http_target }) => Boolean(pubsub_target) || Boolean(http_target),
  honoured: [
    "name",
    "project",
    "region",
    "schedule",
    "time_zone",
    "paused",
    "attempt_deadline",
    "retry_config",
    "http_target.uri",
    "http_target.http_method",
    "http_target.headers",
    "http_target.body",
    "http_target.oidc_token",
    "http_target.oauth_token",
    "pubsub_target",
  ],
  inert: ["description", "timeouts"],
  computed: (read) => ({
    project: read.project,
    region: read.region,
    id: `projects/${read.project}/locations/${read.region}/jobs/${read.required("name")}`,
    time_zone: read.text("time_zone") || DEFAULTS.timeZone,
    attempt_deadline: read.text("attempt_deadline") || "180s",
    paused: read.bool("paused") ?? false,
    state: read.bool("paused") ? "PAUSED" : "ENABLED",
  }),
  observe(read, { scheduler }) {
    // What could not be made is not gone.
    const config = jobConfig(read);
    const found = scheduler.jobs().find((one) => one.config.name === config?.name);
    return config ? observed(config, found?.config, JOB_ATTRIBUTES) : {};
  },
  contribute(read, resource, draft) {
    const config = jobConfig(read);
    if (config) draft.jobs.push({ resource, config });
  },
};

/** A client may pause a job, and resume it. */
const JOB_ATTRIBUTES: Written<JobConfig> = {
  paused: (paused) => ({ paused, state: paused ? "PAUSED" : "ENABLED" }),
};

/** @returns undefined for one that is not run here, or cannot be, which is reported */
function jobConfig(read: Reader): JobConfig | undefined {
  const { resource } = read;
  const target = targetOf(read);
  const text = read.required("schedule");
  const timeZone = read.text("time_zone") || DEFAULTS.timeZone;
  const parsed = parseSchedule(text);
  if (!parsed.ok)
    for (const { message, offset } of text === "" ? [] : parsed.faults) {
      const problem = `"${text}", at ${offset + 1}: ${message}`;
      read.report(
        issue("MR4030", `${resource.stack}/${resource.address}.schedule`, problem, "write what Google accepts"),
      );
    }
  if (!isTimeZone(timeZone)) read.wrong("time_zone", 'a zone of the tz database such as "Europe/Berlin"', timeZone);
  else if (parsed.ok && target)
    return {
      name: read.required("id"),
      schedule: parsed.schedule,
      timeZone,
      paused: read.bool("paused") ?? false,
      attemptDeadlineMs: milliseconds(read, "attempt_deadline") || DEFAULTS.attemptDeadlineMs,
      retry: retryOf(read),
      target,
    };
  return undefined;
}

const retryOf = (read: Reader): JobConfig["retry"] => ({
  count: read.number("retry_config.retry_count") ?? 0,
  maxDurationMs: milliseconds(read, "retry_config.max_retry_duration") ?? 0,
  minMs: milliseconds(read, "retry_config.min_backoff_duration") ?? DEFAULTS.minBackoffMs,
  maxMs: milliseconds(read, "retry_config.max_backoff_duration") ?? DEFAULTS.maxBackoffMs,
  doublings: read.number("retry_config.max_doublings") ?? DEFAULTS.maxDoublings,
});

function targetOf(read: Reader): JobTarget | undefined {
  const bytes = (path: string) => Buffer.from(read.text(path) ?? "", "base64");
  if (read.block("pubsub_target"))
    return {
      kind: "pubsub",
      topic: topicName(read, "pubsub_target.topic_name"),
      data: bytes("pubsub_target.data"),
      attributes: read.textMap("pubsub_target.attributes"),
    };
  if (!read.block("http_target")) return undefined;
  const url = read.required("http_target.uri");
  if (!URL.canParse(url)) {
    if (url !== "") read.wrong("http_target.uri", "a URL", url);
    return undefined;
  }
  const serviceAccountEmail = read.text("http_target.oidc_token.service_account_email");
  const apiAccountEmail = read.text("http_target.oauth_token.service_account_email");
  const headers = Object.entries(read.textMap("http_target.headers"));
  return {
    kind: "http",
    url,
    method: read.text("http_target.http_method") || "POST",
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: bytes("http_target.body"),
    // "If not specified, the URI specified in target will be used", target.proto, `OidcToken.audience`.
    ...(serviceAccountEmail && {
      oidc: { serviceAccountEmail, audience: read.text("http_target.oidc_token.audience") || url },
    }),
    ...(apiAccountEmail && { oauth: { serviceAccountEmail: apiAccountEmail } }),
  };
}

export const schedulerAdapters: readonly Adapter[] = [job];
