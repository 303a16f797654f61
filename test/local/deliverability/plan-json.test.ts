import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderIssue } from "../../../contract/issue";
import { checkDelivery } from "../../../local/deliverability/check";
import { documentOfPlan, isPlan } from "../../../local/deliverability/plan-json";
import { synthesizeExample } from "../../support/examples";
import type { Attributes } from "../../support/synth";
import { describeWithTerraform } from "../../support/terraform";
import { workspace } from "../../support/terraform-run";

/** What somebody who writes HCL has: a module per consumer, instances by name, values that only the apply will tell. */
const CONFIGURATION = {
  "main.tf": `
    variable "consumers" { default = ["mail", "stock"] }
    provider "google" {
      project = "acme"
      region  = "us-central1"
    }
    locals { agent = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com" }
    resource "google_pubsub_topic" "orders" { name = "orders" }
    resource "google_pubsub_topic" "dead" {
      for_each = toset(var.consumers)
      name     = "\${each.key}-dead"
    }
    resource "google_pubsub_subscription" "dead" {
      for_each                   = toset(var.consumers)
      name                       = "\${each.key}-dead"
      topic                      = google_pubsub_topic.dead[each.key].id
      message_retention_duration = "2678400s"
      expiration_policy { ttl = "" }
    }
    resource "google_pubsub_topic_iam_member" "dead" {
      for_each = { for name in var.consumers : name => name if name != "stock" }
      topic    = google_pubsub_topic.dead[each.key].name
      role     = "roles/pubsub.publisher"
      member   = local.agent
    }
    module "consumer" {
      source     = "./consumer"
      for_each   = toset(var.consumers)
      name       = each.key
      topic      = google_pubsub_topic.orders.id
      dead       = google_pubsub_topic.dead[each.key].id
      agent      = local.agent
      depends_on = [google_pubsub_topic_iam_member.dead, google_pubsub_subscription.dead]
    }
  `,
  "consumer/main.tf": `
    variable "name" {}
    variable "topic" {}
    variable "dead" {}
    variable "agent" {}
    resource "google_service_account" "run" { account_id = "\${var.name}-run" }
    resource "google_service_account" "push" { account_id = "\${var.name}-push" }
    resource "google_cloud_run_v2_service" "it" {
      name     = var.name
      location = "us-central1"
      template {
        service_account = google_service_account.run.email
        timeout         = "30s"
        containers { image = "gcr.io/acme/\${var.name}" }
      }
    }
    resource "google_cloud_run_v2_service_iam_member" "push" {
      name     = google_cloud_run_v2_service.it.name
      location = "us-central1"
      role     = "roles/run.invoker"
      member   = "serviceAccount:\${google_service_account.push.email}"
    }
    resource "google_service_account_iam_member" "tokens" {
      service_account_id = google_service_account.push.name
      role               = "roles/iam.serviceAccountTokenCreator"
      member             = var.agent
    }
    resource "google_pubsub_subscription" "it" {
      name                 = var.name
      topic                = var.topic
      ack_deadline_seconds = 30
      expiration_policy { ttl = "" }
      retry_policy { minimum_backoff = "10s" }
      dead_letter_policy { dead_letter_topic = var.dead }
      push_config {
        push_endpoint = google_cloud_run_v2_service.it.uri
        oidc_token { service_account_email = google_service_account.push.email }
      }
      depends_on = [google_cloud_run_v2_service_iam_member.push, google_service_account_iam_member.tokens]
    }
    resource "google_pubsub_subscription_iam_member" "agent" {
      subscription = google_pubsub_subscription.it.name
      role         = "roles/pubsub.subscriber"
      member       = var.agent
    }
  `,
};

const issuesOf = (json: Attributes) => checkDelivery([documentOfPlan(json, "plan", "/nowhere")]).issues;

describeWithTerraform("what terraform show -json prints", () => {
  it("of a plan of ours says as little as the plan itself", async () => {
    const { outdir } = synthesizeExample("webhooks");
    const { terraform, plan } = await workspace(join(outdir, "stacks/webhooks-dev"));
    await terraform("init", "-input=false");
    const json = await plan();
    expect(isPlan(json)).toBe(true);
    expect(issuesOf(json).map(renderIssue)).toEqual([]);
    // Every grant is found again, so that what is missing would be missed.
    expect(
      checkDelivery([documentOfPlan(json, "plan", "/nowhere")]).paths.filter(({ grantedBy }) => !grantedBy),
    ).toEqual([]);
  });

  it("of modules and instances names the one that nobody may dead-letter for", async () => {
    const types = Object.values(CONFIGURATION).flatMap((text) =>
      [...text.matchAll(/resource "(\w+)"/g)].map(([, type]) => type!),
    );
    const { terraform, plan, folder } = await workspace({}, { types: new Set(types) });
    for (const [path, text] of Object.entries(CONFIGURATION)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    expect(await terraform("init", "-input=false")).toMatchObject({
      code: 0,
      text: expect.stringContaining("initialized"),
    });
    const issues = issuesOf(await plan());
    expect(issues.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'MR4406 plan/module.consumer["stock"].google_pubsub_subscription.it',
    ]);
    expect(issues[0]!.problem).toContain("lacks roles/pubsub.publisher on projects/acme/topics/stock-dead");
  });
});
