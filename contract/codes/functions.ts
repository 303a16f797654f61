import type { CodeTable } from "./table";

/** MR1200–MR1299: Gen2 functions. What they share with services is in run.ts. */
export const functionsCodes = {
  MR1201: {
    title: "region with small instances",
    why: "the deploy may be refused",
    fix: "lower cpu, choose another region, or acknowledge the warning",
    source: "firebase-tools, backend limits; may be stale",
  },
  MR1202: {
    title: "not the full name of a function",
    why: "project and region of the function would be unknown, and so its address",
    fix: "give projects/{project}/locations/{region}/functions/{function}",
  },
  MR1203: {
    title: "not the full name of a worker pool",
    why: "Cloud Build finds no such pool, and the function is never built",
    fix: "give projects/{project}/locations/{region}/workerPools/{pool}",
    source: "google/cloud/functions/v2/functions.proto: BuildConfig.worker_pool",
  },
} as const satisfies CodeTable;
