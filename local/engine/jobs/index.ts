export { createRunJobs, type RunJobs, type RunJobsOptions } from "./jobs";
export { runJobsRest } from "./rest";
export * from "./types";
