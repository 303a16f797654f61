import * as fc from "fast-check";
import { renderIssue } from "../../contract/issue";
import { built, issuesOf, jsonOf, resourcesOf, type Subject } from "../local/deliverability/plans";
import { handlersOf } from "../support/handlers";
import { describeWithTerraform } from "../support/terraform";
import { actionsOf, workspace } from "../support/terraform-run";
import { buildPipelines, handlersOfCase, type PipelineCase, pipelineCases } from "./pipelines";

/*
 * Sources × consumers × options: what synthesizes, delivers, and Terraform takes it. Many generated pipelines share a
 * stack, so that a run of Terraform answers for all of them; a finding names its pipeline, and the case is printed.
 */
const CASES = 48;
const PER_STACK = 12;

const cases = fc.sample(pipelineCases, { numRuns: CASES, seed: Number(process.env["MILLRACE_SEED"] ?? 1) });
const batches = Array.from({ length: CASES / PER_STACK }, (_, at) => cases.slice(at * PER_STACK, (at + 1) * PER_STACK));

function stackOf(batch: readonly PipelineCase[]): Subject {
  const contracts = batch.flatMap((one, index) =>
    handlersOfCase(one, index).flatMap(({ one: { runOn }, contract }) => (runOn === "image" ? [] : [contract])),
  );
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

describeWithTerraform("Terraform", () => {
  it("validates, plans and applies them, and a second plan is empty", async () => {
    const { documents, about } = subjects[0]!.subject;
    const { directory } = documents.find(({ stack }) => stack === about[0])!;
    const { terraform, plan } = await workspace(directory);
    expect(await terraform("init", "-input=false")).toMatchObject({ code: 0 });
    expect(await terraform("validate")).toMatchObject({ code: 0, text: expect.stringContaining("valid") });
    const count = resourcesOf(jsonOf(subjects[0]!.subject), /./).length;
    expect((await terraform("apply", "-auto-approve", "-parallelism=50")).text).toContain(
      `${count} added, 0 changed, 0 destroyed`,
    );
    expect(actionsOf(await plan())).toEqual([]);
  }, 120_000);
});
