import { renderIssue } from "../../../contract/issue";
import { MillraceStack, principal, Topic } from "../../../constructs";
import { SPECIMENS } from "../../constructs/reach/specimens";
import { handlersOf, testContract } from "../../support/handlers";
import { built, issuesOf, jsonOf, resourcesOf, type Subject } from "./plans";

const handlersDir = handlersOf(testContract());
const specimens = SPECIMENS.map((build) => built(build, { handlersDir }));

/** Grants after whose removal nothing is said but who waits for what. */
const silentWithout = (subject: Subject): readonly string[] =>
  resourcesOf(jsonOf(subject), /_iam_member$/)
    .filter(([type, name]) => {
      const issues = issuesOf(subject, (json) => delete json["resource"][type][name]);
      const before = new Set(issuesOf(subject).map(renderIssue));
      return issues.every((issue) => issue.code === "MR4442" || before.has(renderIssue(issue)));
    })
    .map(([type, name]) => `${type.replace("google_", "")} ${name.replace(/_[0-9A-F]{8}$/, "")}`);

describe("a plan of every construct", () => {
  it("delivers; a subscription that is to drop what it cannot write is said to", () => {
    expect(specimens.flatMap((one) => issuesOf(one)).map(({ code, path }) => `${code} ${path}`)).toEqual([
      "MR4411 web-dev/Files Too",
    ]);
  });

  it("speaks when any single grant is taken away", () => {
    expect(specimens.flatMap(silentWithout)).toEqual([]);
  });

  it("shows by itself what every grant is for, but those that code alone needs", () => {
    expect(specimens.flatMap((one) => silentWithout({ ...one, declared: new Map() }))).toEqual([
      "bigquery_dataset_iam_member Dataset_bigquerydataViewer-worker",
      // The role above lets it describe the table too.
      "bigquery_table_iam_member Table_bigquerymetadataViewer-worker",
      "pubsub_subscription_iam_member Pulled_Subscription_pubsubsubscriber-worker",
      "pubsub_topic_iam_member Topic_pubsubpublisher-group-shop-example-com",
      "secret_manager_secret_iam_member Regional_secretmanagersecretAccessor-worker",
      "cloud_run_v2_service_iam_member Service_runinvoker-group-shop-example-com",
      "cloud_tasks_queue_iam_member Queue_cloudtasksenqueuer-service-identity",
      "project_iam_member Store_datastoreuser-service-identity-this-database",
      "service_account_iam_member Acting_iamserviceAccountUser-service-identity",
    ]);
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
