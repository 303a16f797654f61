import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WebhooksStack, WORKLOADS } from "../../examples/webhooks/stack";
import { synthesize } from "../../stacks/synthesize";
import { project } from "../support/project";
import type { Attributes } from "../support/synth";
import { describeWithTerraform, terraformFaults } from "../support/terraform";

describeWithTerraform("Terraform", () => {
  const outdir = project({}, "cdktf.out");
  const { stacks } = synthesize({
    outdir,
    workloads: WORKLOADS,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => new WebhooksStack(app, environment),
  });
  const textOf = (stack: string) => readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");

  it.each(stacks)("finds every reference of %s, and an order to make its resources in", (stack) => {
    expect(terraformFaults(JSON.parse(textOf(stack)) as Attributes)).toEqual([]);
  });

  it("would say so if one were missing or two waited for each other", () => {
    const text = textOf("webhooks-dev");
    const topic = /google_pubsub_topic\.(Ingest_Topic_\w+)/.exec(text)![1]!;
    const dangling = JSON.parse(
      text.replaceAll(`google_pubsub_topic.${topic}`, "google_pubsub_topic.Gone"),
    ) as Attributes;
    expect(terraformFaults(dangling).join()).toMatch(/undeclared resource/);

    const circular = JSON.parse(text) as Attributes;
    const subscriptions = Object.entries(circular["resource"].google_pubsub_subscription as Record<string, Attributes>);
    const [subscription] = subscriptions.find(([, { topic: of }]) => String(of).includes(topic))!;
    circular["resource"].google_pubsub_topic[topic].depends_on.push(`google_pubsub_subscription.${subscription}`);
    expect(terraformFaults(circular).join()).toMatch(/Cycle/);
  });
});
