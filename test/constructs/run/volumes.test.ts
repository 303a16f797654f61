import { Bucket, CloudFunction, CloudRunService, Secret, type Volumes } from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, plan } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;
const contract = testContract();
const handlersDir = handlersOf(contract);
const mounting = (volumes: Volumes, more = {}) =>
  plan((stack) => new CloudRunService(stack, "Api", { image, volumes, ...more }));
const codesFor = (volumes: Volumes, more = {}) =>
  codesOf((stack) => new CloudRunService(stack, "Api", { image, volumes, ...more }));
const vpc = { network: "n" };

const KINDS: Volumes = {
  "/secrets": { kind: "secret", secret: "api-key", version: "3", file: "key.pem", mode: 0o400 },
  "/scratch": { kind: "memory", size: "64Mi" },
  "/share": { kind: "nfs", server: "10.0.0.2", path: "/exports/a" },
  "/cloudsql": { kind: "cloud-sql", instances: ["acme-dev:europe-west1:orders"] },
};

describe("the volumes of a service", () => {
  const { one, all } = mounting(KINDS, { vpc });
  const { template } = one("google_cloud_run_v2_service");

  it("appear at their paths, each mount with its volume", () => {
    const mounts = template.containers[0].volume_mounts as { name: string; mount_path: string }[];
    expect(mounts.map(({ mount_path: path }) => path)).toEqual(["/cloudsql", "/scratch", "/secrets", "/share"]);
    expect(mounts.map(({ name }) => name)).toEqual((template.volumes as { name: string }[]).map(({ name }) => name));
    expect(mounts.every(({ name }) => /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))).toBe(true);
  });

  it("are what Google calls them", () => {
    const byName = Object.fromEntries(
      (template.volumes as { name: string }[]).map(({ name, ...rest }) => [name, rest]),
    );
    expect(byName).toEqual({
      "v0-cloudsql": { cloud_sql_instance: { instances: ["acme-dev:europe-west1:orders"] } },
      "v1-scratch": { empty_dir: { medium: "MEMORY", size_limit: "64Mi" } },
      "v2-secrets": {
        secret: {
          secret: "projects/acme-dev/secrets/api-key",
          default_mode: 0o444,
          items: [{ path: "key.pem", version: "3", mode: 0o400 }],
        },
      },
      "v3-share": { nfs: { server: "10.0.0.2", path: "/exports/a", read_only: false } },
    });
  });

  it("let the service's identity read the secret, and connect to this database alone", () => {
    expect(one("google_secret_manager_secret_iam_member")).toMatchObject({
      secret_id: "api-key",
      role: "roles/secretmanager.secretAccessor",
    });
    expect(all("google_project_iam_member")).toEqual([
      expect.objectContaining({
        project: "acme-dev",
        role: "roles/cloudsql.client",
        condition: {
          title: "database-orders",
          expression:
            'resource.service == "sqladmin.googleapis.com" && resource.name == "projects/acme-dev/instances/orders"',
        },
      }),
    ]);
  });

  it("grant the role in the project of the database", () => {
    const other = mounting({ "/cloudsql": { kind: "cloud-sql", instances: ["acme:europe-west1:a", "x.com:y:eu:b"] } });
    expect(other.all("google_project_iam_member").map(({ project }) => project as string)).toEqual(["acme", "x.com:y"]);
  });

  it.each([
    [true, "roles/storage.objectViewer"],
    [false, "roles/storage.objectUser"],
  ])("of a bucket, read-only %s, come with %s on that bucket", (readOnly, role) => {
    const result = plan((stack) => {
      const bucket = new Bucket(stack, "Files");
      new CloudRunService(stack, "Api", { image, volumes: { "/files": { kind: "bucket", bucket, readOnly } } });
    });
    expect(result.one("google_storage_bucket_iam_member")).toMatchObject({ role });
    const [volume] = result.one("google_cloud_run_v2_service").template.volumes;
    expect(volume.gcs).toMatchObject({ read_only: readOnly });
  });

  it("stand beside the mounted code of a handler", () => {
    const result = plan(
      (stack) => new CloudRunService(stack, "Charge", { contract, entry: "charge.handler.ts", volumes: KINDS, vpc }),
      { handlersDir },
    );
    const { template: own } = result.one("google_cloud_run_v2_service");
    expect(own.volumes).toHaveLength(5);
    expect(own.containers[0].volume_mounts[0]).toEqual({ name: "code", mount_path: "/millrace" });
  });

  it.each<[string, Volumes, object]>([
    ["MR1322", { secrets: { kind: "memory" } }, {}],
    ["MR1322", { "/proc/x": { kind: "memory" } }, {}],
    ["MR1322", { "/millrace": { kind: "memory" } }, {}],
    ["MR1322", { "/db": { kind: "cloud-sql", instances: ["a:b:c"] } }, {}],
    ["MR1323", { "/cloudsql": { kind: "cloud-sql", instances: ["orders"] } }, {}],
    ["MR1317", { "/secrets": { kind: "secret", secret: "a/b" } }, {}],
    ["MR1324", { "/scratch": { kind: "memory", size: "64MB" } }, {}],
    ["MR1325", { "/scratch": { kind: "memory", size: "512Mi" } }, {}],
    ["MR1309", { "/share": { kind: "nfs", server: "h", path: "/" } }, { memory: "256Mi", vpc }],
    ["MR1326", { "/share": { kind: "nfs", server: "h", path: "/" } }, {}],
  ])("are reported with %s: %j", (code, volumes, more) => expect(codesFor(volumes, more)).toEqual([code]));

  it("are warned of where the same stack makes the secret, which has no value yet", () => {
    const codes = codesOf((stack) => {
      const secret = new Secret(stack, "Key");
      new CloudRunService(stack, "Api", { image, volumes: { "/secrets": { kind: "secret", secret } } });
    });
    expect(codes).toEqual(["MR1851"]);
  });
});

describe("the volumes of a function", () => {
  it("are secrets, which its identity is let read", () => {
    const volumes = { "/secrets": { kind: "secret", secret: "api-key", version: "2", projectId: "vault" } } as const;
    const { one } = plan(
      (stack) => new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts", volumes }),
      {
        handlersDir,
      },
    );
    expect(one("google_cloudfunctions2_function")["service_config"].secret_volumes).toEqual([
      { mount_path: "/secrets", project_id: "vault", secret: "api-key", versions: [{ path: "api-key", version: "2" }] },
    ]);
    expect(one("google_secret_manager_secret_iam_member")).toMatchObject({ project: "vault", secret_id: "api-key" });
  });
});
