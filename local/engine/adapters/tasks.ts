import { QUEUE_DEFAULTS } from "../tasks/types";
import type { Adapter } from "./adapter";
import { milliseconds } from "./common";

const queue: Adapter = {
  type: "google_cloud_tasks_queue",
  runs: true,
  honoured: ["name", "location", "project", "rate_limits", "retry_config"],
  inert: ["stackdriver_logging_config", "timeouts"],
  computed: (read) => ({
    project: read.project,
    id: `projects/${read.project}/locations/${read.region}/queues/${read.required("name")}`,
  }),
  contribute(read, resource, draft) {
    const d = QUEUE_DEFAULTS;
    draft.queues.push({
      resource,
      config: {
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
      },
    });
  },
};

export const tasksAdapters: readonly Adapter[] = [queue];
