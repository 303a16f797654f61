import "millrace/fast";
import { App } from "cdktf";
import { EventDrivenPipeline, MillraceStack, ServiceAccount } from "millrace";
import { orders } from "./orders.contract.js";

const app = new App();
const stack = new MillraceStack(app, {
  app: "orders",
  environment: "dev",
  project: { id: "example-dev", number: "123456789012" },
  region: "europe-west1",
  deletionProtection: false,
});
const shop = new ServiceAccount(stack, "Shop");
new EventDrivenPipeline(stack, "Orders", {
  publishers: [shop],
  consumers: [{ runOn: "function", contract: orders, entry: "orders.handler.ts" }],
});
app.synth();
