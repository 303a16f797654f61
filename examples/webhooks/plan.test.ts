import { join } from "node:path";
import { App } from "cdktf";
import { matchers } from "millrace/testing/jest";
import { describeWithTerraform, plan } from "millrace/testing/plan";
import { type Environment, loadEnvironments } from "millrace/stacks";
import { WebhooksStack } from "./stack";

expect.extend(matchers);

const folder = join(__dirname, "../../environments");
const [dev] = loadEnvironments({ folder, only: "dev" }).environments;

/** The stack of the developers' environment, as it is or with something changed. */
function webhooks(change: (environment: Environment) => Environment = (environment) => environment): App {
  const app = new App();
  new WebhooksStack(app, change(dev!));
  return app;
}

describeWithTerraform("the plan of the webhooks", () => {
  it("has a subscription and a place for dead letters for each handler, and is stable", async () => {
    const planned = await plan(webhooks());
    expect(planned).toMatchPlanSnapshot({
      types: ["google_pubsub_subscription"],
      omit: ["effective_labels", "terraform_labels"],
    });
    await expect(planned).toBeStable();
  });

  it("gives services more memory in place, and loses no message on the way", async () => {
    const roomier = webhooks((environment) => ({
      ...environment,
      sizes: { ...environment.sizes, service: { ...environment.sizes?.service, memory: "1Gi" } },
    }));
    const planned = await plan(roomier, { after: webhooks() });
    expect(planned).toPlanChanges({ change: 2 });
    const changed = planned.changes.filter(({ action }) => action === "change");
    expect(changed.map(({ type }) => type)).toEqual(["google_cloud_run_v2_service", "google_cloud_run_v2_service"]);
  });
});
