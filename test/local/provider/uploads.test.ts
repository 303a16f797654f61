import { join } from "node:path";
import { CloudRunService, EventarcTrigger, GoogleEventsEncryption, LogSink } from "../../../constructs";
import { importOrders } from "../../../examples/uploads/contracts";
import { UploadsStack, WORKLOADS } from "../../../examples/uploads/stack";
import { synthesize } from "../../../stacks/synthesize";
import { project } from "../../support/project";
import { describeWithTerraform } from "../../support/terraform";
import { actionsOf, workspace } from "../../support/terraform-run";

const MAY_LOSE = [{ code: "MR1652", reason: "a test" }] as const;

describeWithTerraform("Everything that events come from, under Terraform with the local provider", () => {
  const outdir = project({}, "cdktf.out");
  synthesize({
    only: "local",
    outdir,
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build(app, environment) {
      const stack = new UploadsStack(app, environment);
      const target = new CloudRunService(stack, "Told", {
        name: "told",
        contract: importOrders,
        entry: "import-orders.handler.ts",
        transports: ["cloudEvents"],
      });
      const events = {
        Finalized: { on: "object-finalized", bucket: stack.incoming },
        Published: { on: "message-published", topic: stack.imports.topic },
        Called: { on: "audit-log", service: "storage.googleapis.com", method: "storage.objects.get", resource: "a/*" },
        Done: { on: "bigquery-job-completed" },
        Written: { on: "document-written", document: "orders/{order}", authContext: true },
      } as const;
      for (const [id, event] of Object.entries(events))
        new EventarcTrigger(stack, id, { event, target, acknowledge: MAY_LOSE, labels: { tier: "gold" } });
      const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/r/cryptoKeys/k";
      new GoogleEventsEncryption(stack, "Key", { encryption: { kmsKeyName } });
      const exclusions = [{ name: "noise", filter: "severity < ERROR" }];
      new LogSink(stack, "Errors", {
        topic: stack.imports.topic,
        filter: 'log_id("run.googleapis.com/stderr")',
        exclusions,
      });
      return stack;
    },
  });

  it("is applied, and a second plan has nothing to do", async () => {
    const { terraform, plan } = await workspace(join(outdir, "stacks/uploads-local"));
    expect((await terraform("init", "-input=false")).code).toBe(0);
    expect(await terraform("validate")).toMatchObject({ code: 0 });
    // What Google makes by being read is read by the apply: a fresh project's plan asks for nothing.
    const first = await plan();
    expect(actionsOf(first).filter((action) => !action.startsWith("create "))).toEqual([
      expect.stringMatching(/^read data\.google_storage_project_service_account\./),
    ]);
    expect(first).not.toHaveProperty("prior_state.values.root_module");
    expect(await terraform("apply", "plan")).toMatchObject({ code: 0 });
    expect(actionsOf(await plan())).toEqual([]);
    expect(await terraform("destroy", "-auto-approve")).toMatchObject({ code: 0 });
  });
});
