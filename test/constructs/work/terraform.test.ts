import { join } from "node:path";
import { App } from "cdktf";
import { MillraceStack } from "../../../constructs";
import { findingsOf } from "../../../constructs/core";
import { issuesOf, subjectOf } from "../../local/deliverability/plans";
import { project } from "../../support/project";
import { STACK } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { actionsOf, workspace } from "../../support/terraform-run";
import { buildEverything, handlersDir, STRATEGIES } from "./everything";

const outDir = project({}, "cdktf.out");
const app = new App({ outdir: outDir });
const stack = new MillraceStack(app, { ...STACK, handlersDir, deletionProtection: false });
buildEverything(stack);
app.synth();
const subject = subjectOf(outDir, stack.node.id);

describe("every construct that does work, in one stack,", () => {
  it("is each kind there is", () => {
    const resources = subject.documents[0]!.json["resource"] as Readonly<Record<string, object>>;
    const targets = Object.values(resources["google_cloud_scheduler_job"]!).map((job: object) =>
      Object.keys(job).find((key) => key.endsWith("_target"))!,
    );
    expect(new Set(targets)).toEqual(new Set(["http_target", "pubsub_target", "app_engine_http_target"]));
    const count = (type: string) => Object.keys(resources[type]!).length;
    // A batch job, and a streaming one under each strategy.
    expect(count("google_dataflow_job")).toBe(1 + STRATEGIES.length);
    expect(count("google_dataflow_flex_template_job")).toBe(1 + STRATEGIES.length);
    expect(count("google_cloud_run_v2_job")).toBe(2);
    expect(count("google_cloud_run_v2_worker_pool")).toBe(2);
    expect(count("google_cloud_tasks_queue")).toBe(2);
    expect(count("google_workflows_workflow")).toBe(2);
  });

  it("has no error, and warns of nothing but what a batch job under Terraform is", () => {
    const { errors, warnings } = findingsOf(stack);
    expect(errors).toEqual([]);
    expect([...new Set(warnings.map(({ code }) => code))]).toEqual(["MR1766"]);
  });

  it("delivers", () => {
    expect(issuesOf(subject).map(({ code, path, problem }) => `${code} ${path}: ${problem}`)).toEqual([]);
  });
});

describeWithTerraform("every construct that does work, under Terraform,", () => {
  it("is valid, is applied, and then there is nothing left to do", async () => {
    const { terraform, plan } = await workspace(join(outDir, "stacks", stack.node.id));
    expect(await terraform("init", "-input=false")).toMatchObject({ code: 0 });
    const validated = await terraform("validate");
    expect(validated.text).toContain("The configuration is valid");
    const planned = await plan();
    expect(actionsOf(planned).every((action) => action.startsWith("create "))).toBe(true);
    expect((await terraform("apply", "-input=false", "plan")).text).toContain("Apply complete");
    expect(actionsOf(await plan())).toEqual([]);
  });
});
