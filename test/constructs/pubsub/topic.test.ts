import { ServiceAccount, Topic } from "../../../constructs";
import { codesOf, plan } from "../../support/synth";

describe("a topic", () => {
  it("bears the stack's prefix and waits for the API", () => {
    const { one, address } = plan(
      (stack) => new Topic(stack, "Orders", { retention: "1d", storageRegions: ["europe-west1"] }),
    );
    expect(one("google_pubsub_topic")).toMatchObject({
      name: "web-dev-orders",
      project: "acme-dev",
      message_retention_duration: "86400s",
      message_storage_policy: { allowed_persistence_regions: ["europe-west1"] },
      depends_on: [address("google_project_service", { service: "pubsub.googleapis.com" })],
    });
  });

  it("keeps messages within regions even on their way, if told to", () => {
    const { one } = plan(
      (stack) => new Topic(stack, "Orders", { storageRegions: ["europe-west1"], enforceStorageRegions: true }),
    );
    expect(one("google_pubsub_topic")["message_storage_policy"]).toEqual({
      allowed_persistence_regions: ["europe-west1"],
      enforce_in_transit: true,
    });
  });

  it("is not destroyed by Terraform, unless the stack allows it", () => {
    const lifecycle = (deletionProtection: boolean) =>
      plan((stack) => new Topic(stack, "Orders"), { deletionProtection }).one("google_pubsub_topic")["lifecycle"];
    expect(lifecycle(true)).toEqual({ prevent_destroy: true });
    expect(lifecycle(false)).toBeUndefined();
  });

  it("lets a grantee publish to it and to nothing else", () => {
    const result = plan((stack) => new Topic(stack, "Orders").grantPublish(new ServiceAccount(stack, "Shop")));
    expect(result.all("google_pubsub_topic_iam_member")).toMatchObject([
      {
        topic: `\${${result.address("google_pubsub_topic")}.name}`,
        project: "acme-dev",
        role: "roles/pubsub.publisher",
        member: `serviceAccount:\${${result.address("google_service_account")}.email}`,
      },
    ]);
    expect(result.all("google_project_iam_member")).toEqual([]);
  });

  it("made elsewhere is granted on by its full name", () => {
    const { one } = plan((stack) =>
      Topic.fromExisting(stack, "Shared", "projects/other/topics/shared").grantPublish(
        new ServiceAccount(stack, "Shop"),
      ),
    );
    expect(one("google_pubsub_topic_iam_member")).toMatchObject({
      topic: "projects/other/topics/shared",
      project: "other",
    });
  });

  it.each([
    ["MR1010", { name: "x y" }],
    ["MR1101", { retention: "5m" }],
    ["MR1101", { retention: "32d" }],
    ["MR1006", { retention: "a day" as "1d" }],
    ["MR1102", { storageRegions: [] }],
    ["MR1104", { enforceStorageRegions: true }],
    ["MR1005", { labels: { Team: "x" } }],
  ] as const)("reports %s for %j", (code, props) => {
    expect(codesOf((stack) => new Topic(stack, "Orders", props))).toEqual([code]);
  });

  it("may not be called goog…", () => {
    expect(codesOf((stack) => new Topic(stack, "T", { name: "google-events" }), { prefix: "" })).toEqual(["MR1010"]);
  });

  it("made elsewhere needs its full name", () => {
    expect(codesOf((stack) => Topic.fromExisting(stack, "Shared", "shared"))).toEqual(["MR1103"]);
  });
});
