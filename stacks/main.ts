/**
 * The cdktf app of this repository: the webhook example, a stack per environment file. `npm run synth` runs it with
 * node alone; `cdktf synth`, `cdktf diff` and `cdktf deploy webhooks-dev` run the same command.
 *
 * `MILLRACE_ENV` limits it to one environment. `--debug` keeps the call stacks that cdktf prints in some errors.
 */
import "../constructs/fast";
import { join } from "node:path";
import { IssuesError, renderIssue } from "../contract/issue";
import { WebhooksStack, WORKLOADS } from "../examples/webhooks/stack";
import { synthesize } from "./synthesize";

function main(env: NodeJS.ProcessEnv): number {
  try {
    const { stacks, outdir, warnings } = synthesize({
      ...(env["MILLRACE_ENV"] && { only: env["MILLRACE_ENV"] }),
      workloads: WORKLOADS,
      build: (app, environment) => new WebhooksStack(app, environment),
    });
    for (const warning of warnings) console.error(`warning: ${renderIssue(warning)}`);
    // cdktf shows what an app says on stderr as an error.
    console.log(`wrote ${stacks.map((stack) => join(outdir, "stacks", stack)).join(", ")}`);
    return 0;
  } catch (error) {
    if (!(error instanceof IssuesError)) throw error;
    for (const issue of error.issues) console.error(`${issue.severity}: ${renderIssue(issue)}`);
    return 1;
  }
}

process.exitCode = main(process.env);
