import { principal } from "../../../constructs/core";
import { Bucket, BucketObject, type BucketProps } from "../../../constructs/storage";
import { codesOf, issuesOf, plan } from "../../support/synth";

const bucket = (props: BucketProps = {}, stack = {}) =>
  plan((scope) => new Bucket(scope, "Uploads", props), stack).one("google_storage_bucket");

describe("a bucket", () => {
  it("is opened by IAM alone, never to the public, and keeps what is overwritten", () => {
    expect(bucket()).toMatchObject({
      name: "acme-dev-web-dev-uploads",
      location: "europe-west1",
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      force_destroy: false,
      versioning: { enabled: true },
      soft_delete_policy: { retention_duration_seconds: 604_800 },
      lifecycle_rule: [
        { action: { type: "Delete" }, condition: { days_since_noncurrent_time: 30, with_state: "ARCHIVED" } },
      ],
    });
  });

  it("deletes objects and moves them to a cheaper class as they age", () => {
    const { lifecycle_rule: rules, storage_class: storageClass } = bucket({
      storageClass: "NEARLINE",
      versioning: false,
      coolDown: { after: "90d", to: "ARCHIVE" },
      deleteAfter: "365d",
    });
    expect(storageClass).toBe("NEARLINE");
    expect(rules).toEqual([
      { action: { type: "SetStorageClass", storage_class: "ARCHIVE" }, condition: { age: 90 } },
      { action: { type: "Delete" }, condition: { age: 365, with_state: "LIVE" } },
    ]);
  });

  it("without versions has no rule for them", () => {
    const { versioning, lifecycle_rule: rules } = bucket({ versioning: false });
    expect([versioning, rules]).toEqual([{ enabled: false }, undefined]);
  });

  it("is protected where the environment says so, unless it may be destroyed with its content", () => {
    const production = { deletionProtection: true };
    expect(bucket({}, production)["lifecycle"]).toEqual({ prevent_destroy: true });
    expect(bucket({ forceDestroy: true }, production)["lifecycle"]).toBeUndefined();
    expect(bucket({}, { deletionProtection: false })["lifecycle"]).toBeUndefined();
  });

  it("sends its access logs to another one", () => {
    const { all } = plan((stack) => new Bucket(stack, "B", { accessLogs: Bucket.fromExisting(stack, "Logs", "logs") }));
    expect(all("google_storage_bucket")).toMatchObject([{ logging: { log_bucket: "logs" } }]);
  });

  it("grants reading and writing on itself alone", () => {
    const { all } = plan((stack) => {
      const uploads = new Bucket(stack, "Uploads");
      uploads.grantRead(principal("group:readers@example.com"));
      uploads.grantWrite(principal("group:writers@example.com"));
    });
    expect(all("google_storage_bucket_iam_member")).toMatchObject([
      { role: "roles/storage.objectViewer", bucket: expect.stringMatching(/^\$\{google_storage_bucket\./) },
      { role: "roles/storage.objectUser", bucket: expect.stringMatching(/^\$\{google_storage_bucket\./) },
    ]);
  });

  it.each<[string, BucketProps]>([
    ["MR1481", { softDelete: "3d" }],
    ["MR1481", { softDelete: "91d" }],
    ["MR1482", { keepNoncurrent: "12h" }],
    ["MR1482", { keepNoncurrent: "36h" }],
    ["MR1482", { deleteAfter: "12h" }],
    ["MR1482", { coolDown: { after: "0s", to: "ARCHIVE" } }],
    ["MR1006", { softDelete: "7 days" as "7d" }],
    ["MR1010", { name: "Uploads" }],
    ["MR1010", { name: "my.google.bucket" }],
  ])("is refused with %s for %j", (code, props) => {
    expect(codesOf((stack) => new Bucket(stack, "B", props))).toContain(code);
  });

  it("may delete at once", () => {
    expect(codesOf((stack) => new Bucket(stack, "B", { softDelete: "0s" }))).toEqual([]);
  });

  it("gets a name of at most 63 characters that ends in a hash when it would be longer", () => {
    expect(bucket({ name: "a".repeat(60) })["name"]).toMatch(/^acme-dev-web-dev-a{37}-[0-9a-f]{8}$/);
  });
});

describe("an object", () => {
  const object = (source: string) => (stack: ConstructorParameters<typeof Bucket>[0]) =>
    new BucketObject(stack, "O", { bucket: Bucket.fromExisting(stack, "B", "b"), name: "pushes-0123.zip", source });

  it("is never deleted by Terraform: an older revision may still need it", () => {
    expect(plan(object("archives/pushes-0123.zip")).one("google_storage_bucket_object")).toMatchObject({
      bucket: "b",
      name: "pushes-0123.zip",
      source: "archives/pushes-0123.zip",
      deletion_policy: "ABANDON",
    });
  });

  it.each(["/home/me/a.zip", "../a.zip", "archives/../../a.zip"])("does not come from %s", (source) => {
    expect(issuesOf(object(source))).toMatchObject([{ code: "MR1483", got: source }]);
  });
});
