import type { StatusOf } from "../outcome";

/**
 * Cloud Tasks and Cloud Scheduler take 200–299 for success and try again after any other status. 429 and 503 slow a
 * whole queue down, so they are for overload alone: a store that does not answer would fail the next task too.
 * https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks
 */
export const taskStatus: StatusOf = (outcome) => {
  switch (outcome.kind) {
    case "done":
    case "replayed":
    case "parked":
      return 204;
    case "rejected":
      return 400;
    case "retry":
      return outcome.cause.class === "StoreUnavailable" ? 503 : 500;
    default:
      return 500;
  }
};
