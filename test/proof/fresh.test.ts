import { renderIssue } from "../../contract/issue";
import { SPECIMENS } from "../constructs/reach/specimens";
import { built, issuesOf, jsonOf, resourcesOf, subjectOf } from "../local/deliverability/plans";
import { EXAMPLES, synthesizeExample } from "../support/examples";
import { handlersOf, testContract } from "../support/handlers";
import type { Attributes } from "../support/synth";

/*
 * What a plan must be in a project that has nothing yet: it asks Google nothing before the first apply, makes APIs,
 * agents, grants and consumers in an order that Terraform can see, and grants on the project only what Google has on
 * nothing narrower.
 */
const handlersDir = handlersOf(testContract());
const subjects = [
  ...EXAMPLES.flatMap((name) => {
    const { stacks, outdir } = synthesizeExample(name);
    return stacks.map((stack) => subjectOf(outdir, stack));
  }),
  ...SPECIMENS.map((build, index) => ({ ...built(build, { handlersDir }), name: `specimen ${index + 1}` })),
];

const dataOf = (json: Attributes): readonly (readonly [string, Attributes])[] =>
  Object.entries((json["data"] ?? {}) as Record<string, Record<string, Attributes>>).flatMap(([type, named]) =>
    Object.entries(named).map(([name, body]) => [`data.${type}.${name}`, body] as const),
  );

/** Reading the name is the only way to have these agents made (docs/traps.md); the name itself is known without it. */
const READERS = /^data\.google_(storage_project_service_account|bigquery_default_service_account)\./;
const REMOTE = /^data\.terraform_remote_state\./;

describe.each(subjects)("the plan of $name, in a fresh project,", (subject) => {
  const json = jsonOf(subject);

  it("reads nothing of Google before its APIs are there, and needs no answer", () => {
    const data = dataOf(json).filter(([address]) => !REMOTE.test(address));
    expect(data.filter(([address]) => !READERS.test(address)).map(([address]) => address)).toEqual([]);
    // A data source that waits for what is yet to be made is read during the apply, not for the plan.
    for (const [, body] of data)
      expect(body["depends_on"]).toEqual([expect.stringMatching(/^google_project_service\./)]);
    expect(JSON.stringify(json)).not.toMatch(/\$\{[^}]*data\.google_/);
  });

  it("makes everything after what it needs, as far as the check sees", () => {
    const order = issuesOf(subject).filter(({ code }) => /^MR444\d$/.test(code));
    expect(order.map(renderIssue)).toEqual([]);
  });

  it("makes every grant to an agent of Google's after the agent or its API", () => {
    const resources = new Map(resourcesOf(json, /./).map(([type, name, body]) => [`${type}.${name}`, body]));
    const behind = (address: string, seen = new Set<string>()): Set<string> => {
      for (const on of (resources.get(address)?.["depends_on"] ?? []) as readonly string[])
        if (!seen.has(on)) behind(on, seen.add(on));
      return seen;
    };
    const grants = resourcesOf(json, /_iam_member$/).filter(([, , { member }]) =>
      /^serviceAccount:(service|bq)-/.test(member),
    );
    const early = grants.filter(([type, name]) => {
      const before = [...behind(`${type}.${name}`)];
      return !before.some((one) => /^(google_project_service(_identity)?|data\.google_)/.test(one));
    });
    expect(early.map(([type, name]) => `${type}.${name}`)).toEqual([]);
  });
});

/** Why a role is on the project: what Google has nothing narrower for. https://cloud.google.com/iam/docs/resource-types-with-policies */
const ON_THE_PROJECT: Readonly<Record<string, string>> = {
  "roles/logging.logWriter": "logs have no policy",
  "roles/datastore.user": "databases have no policy; a condition names the one",
  "roles/storage.objectViewer": "the bucket is Google's and made by the first build; a condition names it",
  "roles/cloudsql.client": "instances have no policy; a condition names the one",
  "roles/eventarc.eventReceiver": "triggers have no policy",
  "roles/eventarc.serviceAgent": "it is the agent's own role, on its project by definition",
  "roles/pubsub.publisher": "Eventarc makes the topic of a bucket's events itself, under a name nobody knows before",
  "roles/workflows.invoker": "workflows have no policy",
  "roles/workflows.viewer": "workflows have no policy",
  "roles/dataflow.worker": "jobs have no policy",
  "roles/dataflow.developer": "jobs have no policy",
  "roles/bigquery.jobUser": "jobs are made in a project",
  "roles/monitoring.metricWriter": "metrics have no policy",
};

/** Of these a condition makes the project's role one on the resource. */
const NARROWED = ["roles/datastore.user", "roles/storage.objectViewer", "roles/cloudsql.client"];

describe("grants on a whole project", () => {
  const records = subjects.flatMap(({ declared }) => [...declared.values()].flat());
  const granted = subjects.flatMap((subject) => resourcesOf(jsonOf(subject), /^google_project_iam_member$/));

  it("are made for what Google has no narrower role for, and nothing else", () => {
    const roles = [...new Set(granted.map(([, , { role }]) => String(role)))].sort();
    expect(roles.filter((role) => !Object.hasOwn(ON_THE_PROJECT, role))).toEqual([]);
    expect(roles.length).toBeGreaterThan(4);
  });

  it("are narrowed by a condition where conditions reach", () => {
    const wide = granted.filter(([, , { role, condition }]) => NARROWED.includes(role) && condition === undefined);
    expect(wide.map(([, name]) => name)).toEqual([]);
  });

  it("say in the report why nothing narrower would do", () => {
    const roles = new Set(granted.map(([, , { role }]) => String(role)));
    const onProject = records.filter(({ role, resource }) => roles.has(role) && /^projects\/[^/]+$/.test(resource));
    expect(onProject.length).toBeGreaterThan(0);
    expect(onProject.filter(({ because = "" }) => because.length < 10)).toEqual([]);
  });
});
