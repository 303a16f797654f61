import {
  CloudFunction,
  CloudRunService,
  type ISecret,
  type MillraceStack,
  principal,
  Secret,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, plan } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;

const service = (stack: MillraceStack, secret: ISecret) =>
  new CloudRunService(stack, "Api", { image, secrets: { API_KEY: { secret, version: "3" } } });

describe("a secret", () => {
  it("has no value in Terraform and is kept where Google chooses", () => {
    const { one } = plan((stack) => new Secret(stack, "ApiKey"));
    expect(one("google_secret_manager_secret")).toMatchObject({
      secret_id: "web-dev-api-key",
      replication: { auto: {} },
      deletion_protection: true,
    });
  });

  it("says what it is told", () => {
    const { one } = plan(
      (stack) => new Secret(stack, "ApiKey", { regions: ["europe-west1", "europe-west4"], restoreWithin: "7d" }),
    );
    expect(one("google_secret_manager_secret")).toMatchObject({
      replication: { user_managed: { replicas: [{ location: "europe-west1" }, { location: "europe-west4" }] } },
      version_destroy_ttl: "604800s",
    });
  });

  it("is read by a service that is made after it and after its grant", () => {
    const result = plan((stack) => service(stack, new Secret(stack, "ApiKey")));
    const secret = result.address("google_secret_manager_secret");
    expect(result.one("google_secret_manager_secret_iam_member")).toMatchObject({
      role: "roles/secretmanager.secretAccessor",
      secret_id: `\${${secret}.secret_id}`,
    });
    const run = result.one("google_cloud_run_v2_service");
    expect(run["template"].containers[0].env[0]).toEqual({
      name: "API_KEY",
      value_source: { secret_key_ref: { secret: `projects/acme-dev/secrets/\${${secret}.secret_id}`, version: "3" } },
    });
    expect(run["depends_on"]).toContain(result.address("google_secret_manager_secret_iam_member"));
  });

  it("is read by a function as well, from wherever it is", () => {
    const contract = testContract();
    const result = plan(
      (stack) => {
        const secret = Secret.fromExisting(stack, "Key", "projects/vault/secrets/api-key");
        new CloudFunction(stack, "F", { contract, entry: "charge.handler.ts", secrets: { API_KEY: { secret } } });
        secret.grantRead(principal("group:ops@example.com"));
      },
      { handlersDir: handlersOf(contract) },
    );
    expect(result.one("google_cloudfunctions2_function")["service_config"].secret_environment_variables).toEqual([
      { key: "API_KEY", secret: "api-key", version: "latest", project_id: "vault" },
    ]);
    expect(result.all("google_secret_manager_secret_iam_member")).toMatchObject([
      { project: "vault", secret_id: "api-key" },
      { project: "vault", secret_id: "api-key", member: "group:ops@example.com" },
    ]);
  });

  it("has no version when the stack that makes it deploys its reader", () => {
    expect(codesOf((stack) => service(stack, new Secret(stack, "ApiKey")))).toEqual(["MR1851"]);
    expect(codesOf((stack) => service(stack, Secret.fromExisting(stack, "S", "projects/vault/secrets/s")))).toEqual([]);
  });

  it("made elsewhere needs its full name", () => {
    expect(codesOf((stack) => Secret.fromExisting(stack, "ApiKey", "api-key"))).toEqual(["MR1852"]);
  });
});
