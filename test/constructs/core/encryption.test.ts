import { BigQueryDataset, Bucket, grantsOf, Topic } from "../../../constructs";
import { type Attributes, codesOf, plan, planOf, testStack } from "../../support/synth";

const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/orders";

describe("encryption with a key of one's own", () => {
  it.each([
    ["google_pubsub_topic", "kms_key_name", "service-123456789012@gcp-sa-pubsub", Topic],
    ["google_storage_bucket", "encryption", "service-123456789012@gs-project-accounts", Bucket],
    [
      "google_bigquery_dataset",
      "default_encryption_configuration",
      "bq-123456789012@bigquery-encryption",
      BigQueryDataset,
    ],
  ] as const)("of a %s lets the service's agent use the key first", (type, argument, agent, Kind) => {
    const result = plan((stack) => new Kind(stack, "Thing", { encryption: { kmsKeyName } }));
    const member = result.one("google_kms_crypto_key_iam_member");
    expect(member).toMatchObject({
      crypto_key_id: kmsKeyName,
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      member: `serviceAccount:${agent}.iam.gserviceaccount.com`,
    });
    expect(JSON.stringify(result.one(type)[argument])).toContain(kmsKeyName);
    expect(result.one(type)["depends_on"]).toContain(result.address("google_kms_crypto_key_iam_member"));
  });

  it("waits for agents that Google makes only when they are asked for", () => {
    const { json, one } = plan((stack) => {
      new Topic(stack, "T", { encryption: { kmsKeyName } });
      new Bucket(stack, "B", { encryption: { kmsKeyName } });
      new BigQueryDataset(stack, "D", { encryption: { kmsKeyName } });
    });
    const having = (part: string) =>
      Object.values(json["resource"].google_kms_crypto_key_iam_member as Record<string, Attributes>).find(
        ({ member }) => String(member).includes(part),
      )!["depends_on"];
    expect(having("gcp-sa-pubsub")).toEqual([expect.stringMatching(/^google_project_service_identity\./)]);
    expect(having("gs-project-accounts")).toEqual([
      expect.stringMatching(/^data\.google_storage_project_service_account\./),
    ]);
    expect(having("bigquery-encryption")).toEqual([
      expect.stringMatching(/^data\.google_bigquery_default_service_account\./),
    ]);
    expect(one("google_project_service_identity")["service"]).toBe("pubsub.googleapis.com");
  });

  it("shares one grant among the topics of a key, which belongs to none of them", () => {
    const stack = testStack();
    for (const id of ["A", "B"]) new Topic(stack, id, { encryption: { kmsKeyName } });
    expect(planOf(stack).address("google_kms_crypto_key_iam_member")).toMatch(/\.Keys_projects-keys-/);
    expect(grantsOf(stack)).toMatchObject([{ resource: kmsKeyName, on: "key" }]);
  });

  it.each(["orders", `${kmsKeyName}/cryptoKeyVersions/1`])("needs the full name of a key, not %s", (name) => {
    expect(codesOf((stack) => new Topic(stack, "T", { encryption: { kmsKeyName: name } }))).toEqual(["MR1030"]);
  });
});
