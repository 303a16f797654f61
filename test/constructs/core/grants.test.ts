import { PubsubTopicIamBinding } from "@cdktf/provider-google/lib/pubsub-topic-iam-binding/index.js";
import {
  grant,
  grantsOf,
  type GrantKind,
  principal,
  projectTarget,
  ServiceAccount,
  serviceAgent,
} from "../../../constructs/core";
import type { MillraceStack } from "../../../constructs/core";
import { PubsubTopicIamMember } from "../../../constructs/l1/pubsub";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const kind: GrantKind = {
  role: "roles/datastore.user",
  on: "project",
  reason: "keeps records",
  because: "no narrower role",
};

describe("a grant", () => {
  it("waits for the account it names", () => {
    const { one } = plan((stack) => new ServiceAccount(stack, "A").grantActAs(new ServiceAccount(stack, "B")));
    expect(one("google_service_account_iam_member")).toMatchObject({
      role: "roles/iam.serviceAccountUser",
      member: expect.stringMatching(/^serviceAccount:\$\{google_service_account\.B_\w+\.email\}$/),
      service_account_id: expect.stringMatching(/^\$\{google_service_account\.A_\w+\.name\}$/),
    });
  });

  it("made twice is one resource that knows both reasons", () => {
    const stack = testStack();
    const user = principal("group:ops@example.com");
    const first = grant(projectTarget(stack), user, kind);
    const second = grant(projectTarget(stack), user, kind, { reason: "keeps documents" });
    expect(second).toBe(first);
    expect(planOf(stack).all("google_project_iam_member")).toHaveLength(1);
    expect(grantsOf(stack)).toEqual([
      {
        principal: "group:ops@example.com",
        role: "roles/datastore.user",
        resource: "projects/acme-dev",
        on: "project",
        reasons: ["keeps records", "keeps documents"],
        because: "no narrower role",
        condition: undefined,
      },
    ]);
  });

  it("with a condition is another grant than one without", () => {
    const stack = testStack();
    const user = principal("group:ops@example.com");
    grant(projectTarget(stack), user, kind);
    grant(projectTarget(stack), user, kind, {
      condition: { title: "one-database", expression: 'resource.name == "x"' },
    });
    expect(planOf(stack).all("google_project_iam_member")).toHaveLength(2);
  });

  it.each([
    ["MR1020", "allUsers"],
    ["MR1020", "allAuthenticatedUsers"],
    ["MR1021", "serviceAccount:123456789012-compute@developer.gserviceaccount.com"],
    ["MR1021", "serviceAccount:acme-dev@appspot.gserviceaccount.com"],
    ["MR1025", "shop@acme-dev.iam.gserviceaccount.com"],
    ["MR1025", "serviceAccount:shop"],
    ["MR1025", "serviceAccount:"],
    ["MR1025", "nobody:shop@example.com"],
    ["MR1025", "user: shop@example.com"],
  ])("reports %s when it goes to %s", (code, member) => {
    expect(codesOf((stack) => grant(projectTarget(stack), principal(member), kind))).toEqual([code]);
  });

  it("on a project needs a reason why nothing narrower will do", () => {
    const { because: _, ...unexplained } = kind;
    expect(codesOf((stack) => grant(projectTarget(stack), principal("group:a@b.c"), unexplained))).toEqual(["MR1022"]);
  });

  it.each([
    "roles/pubsub.admin",
    "roles/editor",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountTokenCreator",
  ])("of %s on a project is refused", (role) => {
    const [issue] = issuesOf((stack) =>
      grant(projectTarget(stack), principal("group:a@b.c"), { ...kind, role: role as GrantKind["role"] }),
    );
    expect(issue).toMatchObject({ code: "MR1023", path: "web-dev", got: role });
  });
});

describe("a service agent", () => {
  it("is named from the project's number", () => {
    expect(serviceAgent(testStack(), "run").principal).toBe(
      "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com",
    );
  });

  it("that Google makes lazily is asked for through google-beta, before any grant to it", () => {
    const { one, json, address } = plan((stack) =>
      new ServiceAccount(stack, "A").grantTokenCreator(serviceAgent(stack, "pubsub")),
    );
    expect(one("google_project_service_identity")).toMatchObject({
      provider: "google-beta",
      service: "pubsub.googleapis.com",
      depends_on: [address("google_project_service", { service: "pubsub.googleapis.com" })],
    });
    expect(one("google_service_account_iam_member")["depends_on"]).toEqual([
      address("google_project_service_identity"),
    ]);
    expect(json["terraform"].required_providers["google-beta"]).toEqual({ source: "google-beta", version: "6.50.0" });
  });

  it("needs its API once, whoever asks, and leaves it on when destroyed", () => {
    const { all } = plan((stack) => {
      serviceAgent(stack, "pubsub");
      serviceAgent(stack, "pubsub");
    });
    expect(all("google_project_service")).toMatchObject([
      { service: "pubsub.googleapis.com", project: "acme-dev", disable_on_destroy: false },
    ]);
  });
});

describe("IAM that somebody wrote by hand", () => {
  const topic = "projects/acme-dev/topics/orders";

  it("is reported when it opens a resource to everybody", () => {
    const issues = issuesOf((stack) => {
      new PubsubTopicIamMember(stack, "Open", { topic, role: "roles/pubsub.publisher", member: "allUsers" });
    });
    expect(issues).toMatchObject([{ code: "MR1020", severity: "error", path: "web-dev/Open", got: "allUsers" }]);
  });

  it.each([
    "user:a@example.com",
    "group:a@example.com",
    "domain:example.com",
    "serviceAccount:shop@acme-dev.iam.gserviceaccount.com",
    "serviceAccount:acme-dev.svc.id.goog[orders/shop]",
    "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/shop",
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/*",
    "projectViewer:acme-dev",
    "deleted:serviceAccount:shop@acme-dev.iam.gserviceaccount.com?uid=1",
    "${google_service_account.other.member}",
  ])("may name %s", (member) => {
    expect(
      codesOf((stack) => new PubsubTopicIamMember(stack, "One", { topic, role: "roles/pubsub.publisher", member })),
    ).toEqual([]);
  });

  it("is questioned when it owns the whole role, and can be acknowledged", () => {
    const bind = (stack: MillraceStack) =>
      new PubsubTopicIamBinding(stack, "All", { topic, role: "roles/pubsub.publisher", members: ["group:a@b.c"] });
    expect(issuesOf(bind)).toMatchObject([{ code: "MR1024", severity: "warning", path: "web-dev/All" }]);
    expect(codesOf(bind, { acknowledge: [{ code: "MR1024", reason: "ours alone" }] })).toEqual([]);
  });
});
