import { join } from "node:path";
import { WebhooksStack, WORKLOADS } from "../../../examples/webhooks/stack";
import { synthesize } from "../../../stacks/synthesize";
import { project } from "../../support/project";
import { describeWithTerraform } from "../../support/terraform";
import { workspace } from "../../support/terraform-run";

describeWithTerraform("The webhooks stacks under Terraform with the local provider", () => {
  const outdir = project({}, "cdktf.out");
  synthesize({
    outdir,
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => new WebhooksStack(app, environment),
  });

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
