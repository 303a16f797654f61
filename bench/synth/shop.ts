/**
 * An app of some size, as a user would write it: ten pipelines of four consumers each. The consumers are images, so
 * that nothing is packaged, which bare cdktf leaves to somebody else.
 */
import { App } from "cdktf";
import { EventDrivenPipeline, MillraceStack, skipCreationStacks } from "millrace";
import { defineContract } from "millrace/contract";

const IMAGE = `europe-west1-docker.pkg.dev/acme-shop/images/shop@sha256:${"0".repeat(64)}`;
const DOMAINS = ["orders", "payments", "stock", "returns", "mail", "search", "prices", "fraud", "reports", "loyalty"];
const ROLES = ["ledger", "projection", "notifier", "archive"];

if (!process.argv.includes("--debug")) skipCreationStacks();
const app = new App();
const stack = new MillraceStack(app, {
  app: "shop",
  environment: "dev",
  project: { id: "acme-shop", number: "123456789012" },
  region: "europe-west1",
  deletionProtection: false,
});
for (const domain of DOMAINS)
  new EventDrivenPipeline(stack, domain, {
    consumers: ROLES.map((role) => ({
      runOn: "service",
      image: IMAGE,
      contract: defineContract({
        name: `${domain}-${role}`,
        input: { "~standard": { version: 1, vendor: "shop", validate: (value) => ({ value }) } },
        key: (_event, { id }) => id,
        effects: "transactional",
      }),
    })),
  });
app.synth();
