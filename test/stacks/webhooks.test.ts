import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grantsOf, type MillraceStack } from "../../constructs";
import { WebhooksStack, WORKLOADS } from "../../examples/webhooks/stack";
import { loadEnvironments } from "../../stacks/load-environments";
import { synthesize } from "../../stacks/synthesize";
import { project } from "../support/project";
import { grouped, summaryOf } from "../support/summary";
import type { Attributes } from "../support/synth";

const outdir = project({}, "cdktf.out");
const stacks: MillraceStack[] = [];
const synthesis = synthesize({
  outdir,
  workloads: WORKLOADS,
  // Warnings about the age of runtimes must not make the tests fail on a certain day.
  context: { "millrace:today": "2026-11-24" },
  build: (app, environment) => {
    const stack = new WebhooksStack(app, environment);
    stacks.push(stack);
    return stack;
  },
});

const planOf = (stack: string) =>
  JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")) as Attributes;
const plans: Readonly<Record<string, Attributes>> = Object.fromEntries(synthesis.stacks.map((id) => [id, planOf(id)]));
const all = (stack: string, type: string) =>
  Object.values((plans[stack]!["resource"][type] ?? {}) as Record<string, Attributes>);
const { environments } = loadEnvironments();

/** A plan's lines with the environment's own names taken out, so that what is left is a difference in substance. */
const neutral = (stack: string) => {
  const { name, project } = environments.find((environment) => stack === `webhooks-${environment.name}`)!;
  const words = new RegExp(`${project.id}|${project.number}|\\bwebhooks-${name}\\b`, "g");
  return summaryOf(plans[stack]!).map((line) =>
    line
      .replace(words, (word) =>
        word === project.id ? "<project>" : word === project.number ? "<number>" : "webhooks-<env>",
      )
      .replace(`"${name}"`, '"<env>"'),
  );
};

describe("the webhook example", () => {
  it("synthesizes a stack per environment without a warning", () => {
    expect(synthesis.stacks).toEqual(["webhooks-dev", "webhooks-local", "webhooks-prod", "webhooks-staging"]);
    expect(synthesis.warnings).toEqual([]);
  });

  it("has this plan in development", () => {
    expect(grouped(neutral("webhooks-dev"))).toMatchSnapshot();
  });

  it.each(["local", "staging", "prod"])("differs from development in %s by no more than this", (name) => {
    const [dev, other] = [neutral("webhooks-dev"), neutral(`webhooks-${name}`)];
    const lines = [
      ...dev.filter((line) => !other.includes(line)).map((line) => `- ${line}`),
      ...other.filter((line) => !dev.includes(line)).map((line) => `+ ${line}`),
    ];
    expect(lines.join("\n")).toMatchSnapshot();
  });

  it("grants these roles and no others", () => {
    const dev = stacks.find(({ node }) => node.id === "webhooks-dev")!;
    const rows = grantsOf(dev).map(({ principal, role, resource }) => `${principal} ${role} ${resource}`);
    expect(rows.join("\n")).toMatchSnapshot();
  });
});

describe("every environment of the webhook example", () => {
  it.each(synthesis.stacks)("gives each consumer of %s its own share of one topic", (stack) => {
    const pushed = all(stack, "google_pubsub_subscription").filter(({ push_config: push }) => push !== undefined);
    const filters = pushed.map(({ name, filter }) => [String(name).slice(stack.length + 1), filter as unknown]);
    expect(Object.fromEntries(filters)).toEqual({
      "pull-requests": 'attributes.event = "pull_request"',
      pushes: 'attributes.event = "push" OR attributes.event = "issues"',
      audit: undefined,
    });
    expect(new Set(pushed.map(({ topic }) => topic as string)).size).toBe(1);
  });

  it.each(synthesis.stacks)("waits in %s for an answer exactly as long as the workload may take", (stack) => {
    const deadlines = all(stack, "google_pubsub_subscription")
      .filter(({ push_config: push }) => push !== undefined)
      .map(({ ack_deadline_seconds: seconds }) => Number(seconds));
    const timeouts = [
      ...all(stack, "google_cloudfunctions2_function").map(({ service_config: config }) =>
        Number(config.timeout_seconds),
      ),
      ...all(stack, "google_cloud_run_v2_service").map(({ template }) =>
        Number.parseInt(template.timeout as string, 10),
      ),
    ];
    expect(deadlines).toEqual([65, 65, 65]);
    expect(timeouts).toEqual([65, 65, 65]);
  });

  it.each(synthesis.stacks)("calls each workload of %s with the audience that it expects", (stack) => {
    const audiences = all(stack, "google_pubsub_subscription").flatMap(
      ({ push_config: push }) => push?.oidc_token.audience ?? [],
    );
    const accepted = [
      ...all(stack, "google_cloudfunctions2_function").map(
        ({ service_config: config }) => config.environment_variables,
      ),
      ...all(stack, "google_cloud_run_v2_service").map(({ template }) =>
        Object.fromEntries(template.containers[0].env.map(({ name, value }: Attributes) => [name, value])),
      ),
    ].map((variables: Attributes) => variables["MILLRACE_AUDIENCE"] as string);
    expect(new Set(audiences)).toEqual(new Set(accepted));
    expect(audiences).toHaveLength(3);
  });

  it.each(synthesis.stacks)("uploads in %s what lies beside the plan, and nothing is missing", (stack) => {
    const sources = all(stack, "google_storage_bucket_object").map(({ source }) => source as string);
    expect(sources).toHaveLength(5);
    for (const source of sources)
      expect(readFileSync(join(outdir, "stacks", stack, source)).length).toBeGreaterThan(1_000);
  });

  it("uploads the same bytes under the same name to all of them", () => {
    const names = synthesis.stacks.map((stack) =>
      all(stack, "google_storage_bucket_object").map(({ name }) => name as string),
    );
    for (const other of names) expect(other).toEqual(names[0]);
  });

  it("keeps its state in a bucket, but for this machine's", () => {
    const backends = Object.fromEntries(synthesis.stacks.map((stack) => [stack, plans[stack]!["terraform"].backend]));
    const gcs = (stack: string) => ({ gcs: { bucket: "acme-terraform-state", prefix: `millrace/${stack}` } });
    expect(backends).toEqual({
      "webhooks-dev": gcs("webhooks-dev"),
      "webhooks-staging": gcs("webhooks-staging"),
      "webhooks-prod": gcs("webhooks-prod"),
      "webhooks-local": { local: { path: "../../../terraform.LOCAL.webhooks-local.tfstate" } },
    });
  });

  it("is protected against destruction in production alone", () => {
    const protectedTypes = (stack: string) =>
      Object.entries(plans[stack]!["resource"] as Record<string, Record<string, Attributes>>)
        .filter(([, byName]) =>
          Object.values(byName).some(
            ({ lifecycle, deletion_protection: kept, delete_protection_state: state }) =>
              lifecycle?.prevent_destroy === true || kept === true || state === "DELETE_PROTECTION_ENABLED",
          ),
        )
        .map(([type]) => type)
        .sort();
    for (const stack of ["webhooks-dev", "webhooks-staging", "webhooks-local"])
      expect(protectedTypes(stack)).toEqual([]);
    expect(protectedTypes("webhooks-prod")).toEqual(
      expect.arrayContaining([
        "google_cloud_run_v2_service",
        "google_cloudfunctions2_function",
        "google_firestore_database",
        "google_pubsub_subscription",
        "google_pubsub_topic",
        "google_storage_bucket",
      ]),
    );
  });

  it("gives people who wait for pull requests a warm instance in production", () => {
    expect(all("webhooks-prod", "google_cloudfunctions2_function")).toMatchObject([
      { service_config: { min_instance_count: 1, available_memory: "1Gi", max_instance_count: 40 } },
    ]);
  });
});
