import * as fc from "fast-check";
import { renderIssue } from "../../contract/issue";
import { built, issuesOf, jsonOf, resourcesOf, type Subject } from "../local/deliverability/plans";
import { handlersOf } from "../support/handlers";
import { describeWithTerraform } from "../support/terraform";
import { actionsOf, workspace } from "../support/terraform-run";
import { buildPipelines, contractsOfCase, type PipelineCase, pipelineCases } from "./pipelines";

/*
 * Sources × consumers × options: what synthesizes, delivers, and Terraform takes it. Many generated pipelines share a
 * stack, so that a run of Terraform answers for all of them; a finding names its pipeline, and the case is printed.
 */
const CASES = 48;
const PER_STACK = 8;

const cases = fc.sample(pipelineCases, { numRuns: CASES, seed: Number(process.env["MILLRACE_SEED"] ?? 1) });
const batches = Array.from({ length: CASES / PER_STACK }, (_, at) => cases.slice(at * PER_STACK, (at + 1) * PER_STACK));

function stackOf(batch: readonly PipelineCase[]): Subject {
  const contracts = batch.flatMap(contractsOfCase);
  const props = { handlersDir: handlersOf(...contracts), deletionProtection: false };
  return built((stack) => buildPipelines(stack, batch), props);
}

const subjects = batches.map((batch, index) => ({ name: `stack ${index + 1}`, batch, subject: stackOf(batch) }));

/** Findings with the case of the pipeline that they name. */
const foundIn = (batch: readonly PipelineCase[], subject: Subject): readonly string[] =>
  issuesOf(subject).map((issue) => {
    const index = /\/[Pp](\d+)/.exec(issue.path)?.[1];
    return `${renderIssue(issue)}\n  ${JSON.stringify(batch[Number(index)])}`;
  });

describe("pipelines of any sources, consumers and options", () => {
  it.each(subjects)("deliver, and grant nothing in vain: $name", ({ batch, subject }) => {
    expect(foundIn(batch, subject)).toEqual([]);
  });

  it("are of every kind", () => {
    const kinds = new Set(cases.flatMap(({ source, topic, notify }) => [source, topic, notify]));
    const handlers = cases.flatMap((one) => one.handlers);
    const sinks = cases.flatMap((one) => one.sinks);
    expect(kinds.size).toBe(7 + 4 + 3);
    expect(new Set(handlers.map(({ runOn, store, order }) => `${runOn} ${store} ${order}`)).size).toBe(12);
    const works = cases.map(({ work }) => work);
    for (const [key, kinds] of [
      ["stream", 3],
      ["flow", 3],
      ["tasks", 3],
      ["job", 3],
      ["beat", 3],
      ["pool", 2],
    ] as const)
      expect(new Set(works.map((work) => work[key])).size).toBe(kinds);
    expect(new Set(sinks.map(({ writeTo, ownIdentity }) => `${writeTo} ${ownIdentity}`)).size).toBe(4);
  });

  it("speak when any single grant is taken away, one of each kind", () => {
    const { subject } = subjects[0]!;
    const before = new Set(issuesOf(subject).map(renderIssue));
    const kinds = new Map(
      resourcesOf(jsonOf(subject), /_iam_member$/).map((one) => [
        `${one[0]} ${one[2]["role"]} ${/service-\d+@[\w-]+/.exec(one[2]["member"])?.[0] ?? ""}`,
        one,
      ]),
    );
    const silent = [...kinds].filter(([, [type, name]]) =>
      issuesOf(subject, (json) => delete json["resource"][type][name]).every(
        (one) => before.has(renderIssue(one)) || one.code === "MR4442",
      ),
    );
    expect(kinds.size).toBeGreaterThan(15);
    expect(silent.map(([kind]) => kind)).toEqual([]);
  });
});

/** What does work, each of which has its own words in the provider. */
const WORK = [
  "google_cloud_run_v2_service",
  "google_cloud_run_v2_job",
  "google_cloud_run_v2_worker_pool",
  "google_cloud_scheduler_job",
  "google_cloud_tasks_queue",
  "google_cloudfunctions2_function",
  "google_dataflow_flex_template_job",
  "google_dataflow_job",
  "google_workflows_workflow",
];

/** The stack that has most of it, and of these the smallest: what a run of Terraform costs is the number of resources. */
const fullest = () =>
  subjects
    .map(({ subject }) => {
      const types = resourcesOf(jsonOf(subject), /./).map(([type]) => type);
      return { subject, size: types.length, lacks: WORK.filter((type) => !types.includes(type)) };
    })
    .sort((a, b) => a.lacks.length - b.lacks.length || a.size - b.size)[0]!;

describeWithTerraform("Terraform", () => {
  it("validates, plans and applies them, and a second plan is empty", async () => {
    const { subject, lacks } = fullest();
    // Of the seed that is drawn by default.
    if (process.env["MILLRACE_SEED"] === undefined) expect(lacks).toEqual([]);
    const { documents, about } = subject;
    const { directory } = documents.find(({ stack }) => stack === about[0])!;
    const { terraform, plan } = await workspace(directory);
    expect(await terraform("init", "-input=false")).toMatchObject({ code: 0 });
    expect(await terraform("validate")).toMatchObject({ code: 0, text: expect.stringContaining("valid") });
    const count = resourcesOf(jsonOf(subject), /./).length;
    expect((await terraform("apply", "-auto-approve", "-parallelism=50")).text).toContain(
      `${count} added, 0 changed, 0 destroyed`,
    );
    expect(actionsOf(await plan())).toEqual([]);
  });
});
