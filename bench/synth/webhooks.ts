/** The webhook example as a user's app: all environments, three handlers packaged. */
import { skipCreationStacks } from "millrace";
import { synthesize } from "millrace/stacks";
import { WebhooksStack, WORKLOADS } from "../../examples/webhooks/stack";

if (!process.argv.includes("--debug")) skipCreationStacks();
synthesize({ workloads: WORKLOADS, build: (app, environment) => new WebhooksStack(app, environment) });
