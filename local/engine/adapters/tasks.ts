import { QUEUE_DEFAULTS, type QueueConfig, type QueueRouting } from "../tasks/types";
import type { Adapter, Reader } from "./adapter";
import { asBlocks } from "./adapter";
import { milliseconds } from "./common";
import { observed, seconds, type Written } from "./observed";

const queue: Adapter = {
  type: "google_cloud_tasks_queue",
  runs: true,
  honoured: [
    "name",
    "location",
    "project",
    "rate_limits",
    "retry_config",
    "http_target.http_method",
    "http_target.header_overrides",
    "http_target.oidc_token",
    "http_target.uri_override.scheme",
    "http_target.uri_override.host",
    "http_target.uri_override.port",
    "http_target.uri_override.path_override",
    "http_target.uri_override.uri_override_enforce_mode",
  ],
  inert: ["stackdriver_logging_config", "timeouts"],
  computed: (read) => ({
    project: read.project,
    id: `projects/${read.project}/locations/${read.region}/queues/${read.required("name")}`,
  }),
  contribute: (read, resource, draft) => void draft.queues.push({ resource, config: queueConfig(read) }),
  observe(read, { tasks }) {
    const config = queueConfig(read);
    const found = tasks.queues().find((one) => one.config.name === config.name);
    return observed(config, found?.config, QUEUE_ATTRIBUTES);
  },
};

function queueConfig(read: Reader): QueueConfig {
  const d = QUEUE_DEFAULTS;
  const routing = routingOf(read);
  return {
    name: read.required("id"),
    rate: {
      perSecond: read.number("rate_limits.max_dispatches_per_second") || d.perSecond,
      concurrent: read.number("rate_limits.max_concurrent_dispatches") || d.concurrent,
    },
    retry: {
      attempts: read.number("retry_config.max_attempts") || d.attempts,
      maxDurationMs: milliseconds(read, "retry_config.max_retry_duration") ?? d.maxDurationMs,
      minMs: milliseconds(read, "retry_config.min_backoff") ?? d.minMs,
      maxMs: milliseconds(read, "retry_config.max_backoff") ?? d.maxMs,
      doublings: read.number("retry_config.max_doublings") ?? d.doublings,
    },
    ...(routing && { routing }),
  };
}

const QUEUE_ATTRIBUTES: Written<QueueConfig> = {
  rate: ({ perSecond, concurrent }) => ({
    rate_limits: [{ max_dispatches_per_second: perSecond, max_concurrent_dispatches: concurrent }],
  }),
  retry: ({ attempts, maxDurationMs, minMs, maxMs, doublings }) => ({
    retry_config: [
      {
        max_attempts: attempts,
        max_retry_duration: seconds(maxDurationMs),
        min_backoff: seconds(minMs),
        max_backoff: seconds(maxMs),
        max_doublings: doublings,
      },
    ],
  }),
};

function routingOf(read: Reader): QueueRouting | undefined {
  if (!read.block("http_target")) return undefined;
  const text = (name: string) => read.text(`http_target.${name}`);
  const always = text("uri_override.uri_override_enforce_mode") !== "IF_NOT_EXISTS";
  const parts = {
    scheme: text("uri_override.scheme"),
    host: text("uri_override.host"),
    port: text("uri_override.port"),
    path: text("uri_override.path_override.path"),
  };
  const method = text("http_method");
  const email = text("oidc_token.service_account_email");
  const headers = read.blocks("http_target.header_overrides").map((block) => {
    const { key, value } = (asBlocks(block.header)[0] ?? {}) as { readonly key?: string; readonly value?: string };
    return [(key ?? "").toLowerCase(), value ?? ""];
  });
  return {
    // Every task of an HTTP target has a URL, so that a queue which fills in what is missing has nothing to fill in.
    ...(always && { url: Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) }),
    ...(method && method !== "HTTP_METHOD_UNSPECIFIED" && { method }),
    headers: Object.fromEntries(headers) as Record<string, string>,
    ...(email && { oidc: { serviceAccountEmail: email, audience: text("oidc_token.audience") ?? "" } }),
  };
}

export const tasksAdapters: readonly Adapter[] = [queue];
