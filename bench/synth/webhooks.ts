/** The webhook example as a user's app: all environments, three handlers packaged. */
import "millrace/fast";
import { synthesize } from "millrace/stacks";
import { WebhooksStack, WORKLOADS } from "../../examples/webhooks/stack";

synthesize({ workloads: WORKLOADS, build: (app, environment) => new WebhooksStack(app, environment) });
