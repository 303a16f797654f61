import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebhooksStack, WORKLOADS } from "../../../examples/webhooks/stack";
import { synthesize } from "../../../stacks/synthesize";
import { project } from "../../support/project";
import type { Attributes } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { actionsOf, workspace } from "../../support/terraform-run";

describeWithTerraform("The webhooks stacks under Terraform with the local provider", () => {
  const outdir = project({}, "cdktf.out");
  const { stacks } = synthesize({
    outdir,
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => new WebhooksStack(app, environment),
  });

  it("takes the webhooks stack through its whole life", async () => {
    const { terraform, plan, server, folder } = await workspace(join(outdir, "stacks/webhooks-local"));
    const json = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as Attributes;
    const named = Object.values(json["resource"] as Readonly<Record<string, object>>);
    const count = named.reduce((sum, one) => sum + Object.keys(one).length, 0);
    expect((await terraform("init", "-input=false")).code).toBe(0);
    expect(await terraform("validate")).toMatchObject({ code: 0 });
    expect((await terraform("apply", "-auto-approve")).text).toContain(`${count} added, 0 changed, 0 destroyed`);
    expect(server.resources.list()).toHaveLength(count);
    expect(actionsOf(await plan())).toEqual([]);
    expect((await terraform("destroy", "-auto-approve")).text).toContain(`${count} destroyed`);
    expect(server.resources.list()).toEqual([]);
  });

  it.each(stacks.filter((stack) => stack !== "webhooks-local"))(
    "plans %s, whatever backend it names",
    async (stack) => {
      const { terraform, plan } = await workspace(join(outdir, "stacks", stack));
      expect((await terraform("init", "-input=false")).code).toBe(0);
      const actions = actionsOf(await plan());
      expect(actions.length).toBeGreaterThan(50);
      expect(actions.filter((action) => !action.startsWith("create "))).toEqual([]);
    },
  );
});
