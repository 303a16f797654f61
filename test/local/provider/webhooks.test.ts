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

  // Terraform writes into its log what it would refuse of a provider that is not built on the SDK of the real one.
  it("gives Terraform nothing to tolerate but defaults, and blocks that are left to Google", async () => {
    const stack = join(outdir, "stacks/webhooks-local");
    const { terraform } = await workspace(stack, {}, { TF_LOG_CORE: "warn" });
    await terraform("init", "-input=false");
    const { code, text } = await terraform("apply", "-auto-approve");
    // `- .enabled: planned value cty.True for a non-computed attribute`, one after another.
    const complaints = text.split(/ - (?=\.[\w[\].]+: )/).slice(1);
    const expected =
      /^\S+: (planned value cty\..* for a non-computed attribute|attribute representing nested block must not be unknown)/;
    expect(code).toBe(0);
    expect(complaints.length).toBeGreaterThan(0);
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
    expect(text).not.toContain("inconsistent");
  });
});
