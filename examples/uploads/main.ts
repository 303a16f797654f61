/**
 * The cdktf app of the example: a stack per environment file.
 *
 *     node -C millrace-source --require tsx/cjs examples/uploads/main.ts
 *     npm run -s millrace -- dev uploads-local
 */
import "millrace/fast";
import { synthesize } from "millrace/stacks";
import { UploadsStack, WORKLOADS } from "./stack";

const { stacks, outdir } = synthesize({
  ...(process.env["MILLRACE_ENV"] && { only: process.env["MILLRACE_ENV"] }),
  workloads: WORKLOADS,
  build: (app, environment) => new UploadsStack(app, environment),
});
console.log(`wrote ${stacks.join(", ")} to ${outdir}`);
