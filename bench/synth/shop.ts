/**
 * An app of some size, as a user would write it: pipelines of four consumers each, `SHOP_CONSUMERS` of them in all, or
 * with `SHOP_PIPELINES` so many pipelines of one. The consumers are images, so that nothing is packaged, which bare
 * cdktf leaves to somebody else.
 */
import "millrace/fast";
import { App } from "cdktf";
import { type ConsumerProps, EventDrivenPipeline, MillraceStack } from "millrace";
import { defineContract } from "millrace/contract";

const IMAGE = `europe-west1-docker.pkg.dev/acme-shop/images/shop@sha256:${"0".repeat(64)}`;
const DOMAINS = ["orders", "payments", "stock", "returns", "mail", "search", "prices", "fraud", "reports", "loyalty"];
const ROLES = ["ledger", "projection", "notifier", "archive"];

const { SHOP_CONSUMERS = "40", SHOP_PIPELINES } = process.env;
const perPipeline = SHOP_PIPELINES === undefined ? ROLES.length : 1;
const consumers = Number(SHOP_PIPELINES ?? SHOP_CONSUMERS);

const consumer = (name: string): ConsumerProps => ({
  runOn: "service",
  image: IMAGE,
  contract: defineContract({
    name,
    input: { "~standard": { version: 1, vendor: "shop", validate: (value) => ({ value }) } },
    key: (_event, { id }) => id,
    effects: "transactional",
  }),
});

const app = new App();
const stack = new MillraceStack(app, {
  app: "shop",
  environment: "dev",
  project: { id: "acme-shop", number: "123456789012" },
  region: "europe-west1",
  deletionProtection: false,
});
for (let first = 0; first < consumers; first += perPipeline) {
  const at = first / perPipeline;
  const domain = `${DOMAINS[at % DOMAINS.length]}${at < DOMAINS.length ? "" : Math.floor(at / DOMAINS.length)}`;
  const roles = ROLES.slice(0, Math.min(perPipeline, consumers - first));
  new EventDrivenPipeline(stack, domain, { consumers: roles.map((role) => consumer(`${domain}-${role}`)) });
}
app.synth();
