import { renderIssue } from "../../../contract/issue";
import { MillraceStack, principal, Topic } from "../../../constructs";
import { SPECIMENS } from "../../constructs/reach/specimens";
import { handlersOf, testContract } from "../../support/handlers";
import { built, issuesOf, jsonOf, resourcesOf, type Subject } from "./plans";

const handlersDir = handlersOf(testContract());
const specimens = SPECIMENS.map((build) => built(build, { handlersDir }));

/** Grants after whose removal nothing is said but who waits for what. */
function silentWithout(subject: Subject) {
  const before = new Set(issuesOf(subject).map(renderIssue));
  return resourcesOf(jsonOf(subject), /_iam_member$/).filter(([type, name]) =>
    issuesOf(subject, (json) => delete json["resource"][type][name]).every(
      (issue) => issue.code === "MR4442" || before.has(renderIssue(issue)),
    ),
  );
}

const AGENT = /^serviceAccount:(service|bq)-/;

describe("a plan of every construct", () => {
  it("delivers, but for what is built to fail", () => {
    expect(specimens.flatMap((one) => issuesOf(one)).map(({ code, path }) => `${code} ${path}`)).toEqual([
      // It is said to drop what it cannot write.
      "MR4411 web-dev/Files Too",
      // A target of the test's own, which grants something else than what it takes.
      "MR4401 web-dev/Partner",
    ]);
  });

  it("speaks when any single grant is taken away", () => {
    expect(specimens.flatMap(silentWithout).map(([type, name]) => `${type}.${name}`)).toEqual([]);
  });

  it("shows by itself what every grant to an agent of Google's is for", () => {
    const silent = specimens.flatMap((one) => silentWithout({ ...one, declared: new Map() }));
    // What code alone needs is declared.
    expect(silent.length).toBeGreaterThan(0);
    expect(silent.filter(([, , { member }]) => AGENT.test(member)).map(([type, name]) => `${type}.${name}`)).toEqual(
      [],
    );
  });
});

describe("what is declared beside a plan", () => {
  const subject = built((stack: MillraceStack) => {
    new Topic(stack, "Placed").grantPublish(principal("group:shop@example.com"), { reason: "replays lost orders" });
  });
  const remove = (json: Record<string, any>) => delete json["resource"]["google_pubsub_topic_iam_member"]; // oxlint-disable-line typescript/no-explicit-any -- plan JSON

  it("is missed when the plan does not grant it, with its reason", () => {
    const [issue, ...others] = issuesOf(subject, remove);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ code: "MR4432", severity: "error", path: "web-dev" });
    expect(issue?.problem).toContain(
      "group:shop@example.com is to have roles/pubsub.publisher on projects/acme-dev/topics/web-dev-placed (replays lost orders)",
    );
  });

  it("does not excuse a role that an agent of Google's has no use for", () => {
    const agent = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com";
    const idle = built((stack) => {
      new Topic(stack, "Placed").grantPublish(principal(agent));
    });
    expect(issuesOf(idle).map(({ code }) => code)).toEqual(["MR4430"]);
  });

  it("is not asked for where there is none", () => {
    expect(issuesOf({ ...subject, declared: new Map() }, remove)).toEqual([]);
  });
});
