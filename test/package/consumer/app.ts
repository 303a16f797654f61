import { App } from "cdktf";
import { MillraceStack } from "millrace";
import { orders } from "./orders.contract.js";

const app = new App();
new MillraceStack(app, {
  app: orders.manifest.name,
  environment: "dev",
  project: { id: "example-dev", number: "123456789012" },
  region: "europe-west1",
});
app.synth();
