import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { principal, ServiceAccount } from "../../../constructs/core";
import { CloudRunService, type CloudRunServiceProps } from "../../../constructs/run";
import { TODAY } from "../../../constructs/run/runtimes";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const contract = testContract({ timeLimit: "90s", concurrency: 8 });
const code = { contract, entry: "charge.handler.ts" };
const handlersDir = handlersOf(contract);
const IMAGE = `europe-docker.pkg.dev/acme/images/charge@sha256:${"0".repeat(64)}`;

const withCode = (props: Partial<CloudRunServiceProps>) => ({ ...code, ...props }) as CloudRunServiceProps;
const planned = (props: Partial<CloudRunServiceProps> = {}, stack = {}) =>
  plan((scope) => new CloudRunService(scope, "Charge", withCode(props)), {
    handlersDir,
    ...stack,
  });
const service = (props: Partial<CloudRunServiceProps> = {}, stack = {}) =>
  planned(props, stack).one("google_cloud_run_v2_service");
const codesFor = (props: Partial<CloudRunServiceProps>) =>
  codesOf((scope) => new CloudRunService(scope, "Charge", withCode(props)), {
    handlersDir,
  });

describe("a service of a handler", () => {
  const { template, ...rest } = service();
  const [container] = template.containers;

  it("takes its deadline and concurrency from the contract", () => {
    expect(template).toMatchObject({ timeout: "95s", max_instance_request_concurrency: 8 });
  });

  it("takes another deadline where it is not Pub/Sub that calls it, and tells the runtime", () => {
    const { template: called } = service({ deadlineSeconds: 1_200 });
    expect(called).toMatchObject({ timeout: "1200s" });
    const { env } = called.containers[0] as { env: { name: string; value: string }[] };
    expect(env).toContainEqual({ name: "MILLRACE_DEADLINE_MS", value: "1200000" });
  });

  it("is named after the contract and reached by whom IAM lets call it, from inside", () => {
    expect(rest).toMatchObject({
      name: "web-dev-charge",
      location: "europe-west1",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      custom_audiences: ["https://web-dev-charge-123456789012.europe-west1.run.app"],
    });
    expect(planned().resources("google_cloud_run_v2_service_iam_member")).toEqual({});
  });

  it("runs as an account of its own", () => {
    expect(template.service_account).toMatch(/^\$\{google_service_account\.Charge_Identity_/);
    expect(planned().one("google_service_account")).toMatchObject({ account_id: "web-dev-charge" });
  });

  it("runs the mounted bundle on Google's image, without a build", () => {
    expect(container).toMatchObject({
      image: "europe-west1-docker.pkg.dev/serverless-runtimes/google-22/runtimes/nodejs22",
      command: ["node"],
      args: [expect.stringMatching(/^\/millrace\/\$\{google_storage_bucket_object\.Charge_Bundle_/)],
      volume_mounts: [{ name: "code", mount_path: "/millrace" }],
    });
    expect(template.volumes).toMatchObject([{ name: "code", gcs: { read_only: true } }]);
    expect(template.execution_environment).toBe("EXECUTION_ENVIRONMENT_GEN2");
  });

  it("names the bundle by its content, so that other code is another revision", () => {
    const objects = planned().all("google_storage_bucket_object");
    expect(objects.map(({ name }) => name as string)).toEqual([
      expect.stringMatching(/^charge-[0-9a-f]{16}\.zip$/),
      expect.stringMatching(/^charge-[0-9a-f]{16}\.cjs$/),
    ]);
    expect(objects.every(({ name, source }) => source === `archives/${name}`)).toBe(true);
  });

  it("records where its source is, for people and for the local engine", () => {
    expect(rest["build_config"].source_location).toMatch(
      /^gs:\/\/\$\{google_storage_bucket\..*\}\/\$\{google_storage_bucket_object\.Charge_Archive_/,
    );
  });

  it("may read its code before it is made", () => {
    const { one, address } = planned();
    const member = one("google_storage_bucket_iam_member");
    expect(member).toMatchObject({ role: "roles/storage.objectViewer" });
    expect(member["member"]).toContain("google_service_account.Charge_Identity_");
    expect(rest["depends_on"]).toContain(address("google_storage_bucket_iam_member"));
  });

  it("keeps request-based billing and sets what the API would otherwise fill in", () => {
    expect(container.resources).toEqual({
      limits: { cpu: "1", memory: "512Mi" },
      cpu_idle: true,
      startup_cpu_boost: true,
    });
    expect(template.scaling).toEqual({ min_instance_count: 0, max_instance_count: 10 });
    expect(rest["lifecycle"].ignore_changes).toEqual(["scaling", "client", "client_version", "annotations"]);
  });

  it("is protected where the environment says so", () => {
    expect(service({}, { deletionProtection: true })["deletion_protection"]).toBe(true);
    expect(service({}, { deletionProtection: false })["deletion_protection"]).toBe(false);
  });
});

describe("a service of an image", () => {
  it("mounts nothing and runs what the image starts", () => {
    const { template, build_config: build } = plan((scope) => new CloudRunService(scope, "S", { image: IMAGE })).one(
      "google_cloud_run_v2_service",
    );
    expect(template.containers[0].image).toBe(IMAGE);
    expect([template.containers[0].command, template.volumes, build]).toEqual([undefined, undefined, undefined]);
  });

  it("tells the local engine which handler is inside, when it is known", () => {
    const { template, build_config: build } = service({ image: IMAGE });
    expect(template.containers[0]).toMatchObject({ image: IMAGE });
    expect(template.volumes).toBeUndefined();
    expect(build.source_location).toContain("Charge_Archive_");
  });

  it("may be small", () => {
    expect(codesFor({ image: IMAGE, cpu: 0.5, memory: "256Mi", concurrency: 1 })).toEqual([]);
  });
});

describe("a service's variables", () => {
  const env = (props: Partial<CloudRunServiceProps> = {}) =>
    service(props).template.containers[0].env as { name: string; value?: string }[];

  it("hand the contract's numbers to the runtime", () => {
    expect(env()).toEqual(
      expect.arrayContaining([
        { name: "MILLRACE_AUDIENCE", value: "https://web-dev-charge-123456789012.europe-west1.run.app" },
        { name: "MILLRACE_CONTRACT_HASH", value: contract.hash },
        { name: "MILLRACE_DEADLINE_MS", value: "95000" },
        { name: "MILLRACE_ENV", value: "dev" },
      ]),
    );
  });

  it("are sorted, and the user's own win", () => {
    const stack = testStack({ handlersDir });
    const environment = { ZONE: "z", A: "a", MILLRACE_CALLERS: "me@example.com" };
    new CloudRunService(stack, "Charge", { ...code, environment }).addEnvironment("MILLRACE_CALLERS", "ours");
    const { template } = planOf(stack).one("google_cloud_run_v2_service");
    const variables = template.containers[0].env as { name: string; value?: string }[];
    const names = variables.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(variables).toContainEqual({ name: "MILLRACE_CALLERS", value: "me@example.com" });
  });

  it.each(["MILLRACE_AUDIENCE", "MILLRACE_AUTH", "MILLRACE_DEADLINE_MS", "MILLRACE_ENV", "MILLRACE_STORE"])(
    "cannot put another %s in place of what follows from the contract",
    (name) => {
      expect(codesFor({ environment: { [name]: "other" } })).toEqual(["MR1319"]);
      expect(codesFor({ secrets: { [name]: { secret: "hidden" } } })).toContain("MR1319");
      expect(
        codesOf((stack) => new CloudRunService(stack, "A", { image: IMAGE, environment: { [name]: "x" } })),
      ).toEqual([]);
    },
  );

  it("survive Terraform's template language", () => {
    expect(env({ environment: { GREETING: "${name} %{if}" } })).toContainEqual({
      name: "GREETING",
      value: "$${name} %%{if}",
    });
  });

  it("may be added after the service was made", () => {
    const stack = testStack({ handlersDir });
    new CloudRunService(stack, "Charge", code).addEnvironment("LATE", "yes");
    const { template } = planOf(stack).one("google_cloud_run_v2_service");
    expect(template.containers[0].env).toContainEqual({ name: "LATE", value: "yes" });
  });

  it("may be secrets, which the service alone is let read", () => {
    const secrets = {
      API_KEY: { secret: "stripe", version: "3" },
      TOKEN: { secret: "slack", projectId: "acme-shared" },
    };
    expect(env({ secrets })).toEqual(
      expect.arrayContaining([
        {
          name: "API_KEY",
          value_source: { secret_key_ref: { secret: "projects/acme-dev/secrets/stripe", version: "3" } },
        },
        {
          name: "TOKEN",
          value_source: { secret_key_ref: { secret: "projects/acme-shared/secrets/slack", version: "latest" } },
        },
      ]),
    );
    expect(planned({ secrets }).all("google_secret_manager_secret_iam_member")).toMatchObject([
      { role: "roles/secretmanager.secretAccessor", project: "acme-dev", secret_id: "stripe" },
      { role: "roles/secretmanager.secretAccessor", project: "acme-shared", secret_id: "slack" },
    ]);
  });

  it.each<[string, Partial<CloudRunServiceProps>]>([
    ["MR1311", { environment: { PORT: "80" } }],
    ["MR1312", { environment: { DB_PASSWORD: "hunter2" } }],
    ["MR1312", { environment: { api_key: "x" } }],
    ["MR1313", { environment: { A: "1" }, secrets: { A: { secret: "a" } } }],
    ["MR1317", { secrets: { A: { secret: "projects/acme/secrets/a" } } }],
    ["MR1314", { environment: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`V${i}`, "1"])) }],
  ])("are reported with %s", (expected, props) => {
    expect(codesFor(props)).toEqual([expected]);
  });

  it("are not taken for secrets because of a few letters", () => {
    expect(codesFor({ environment: { KEYBOARD: "qwerty", COMPASS: "n", SECRETARY: "Ann" } })).toEqual([]);
  });
});

describe("calling a service", () => {
  it("is granted on the service alone", () => {
    const stack = testStack({ handlersDir });
    const charge = new CloudRunService(stack, "Charge", code);
    charge.grantInvoke(new ServiceAccount(stack, "Push"));
    expect(planOf(stack).one("google_cloud_run_v2_service_iam_member")).toMatchObject({
      role: "roles/run.invoker",
      project: "acme-dev",
      location: "europe-west1",
      name: expect.stringMatching(/^\$\{google_cloud_run_v2_service\.Charge_/),
    });
  });

  it("goes to the service's own address, which Terraform knows after the service", () => {
    const stack = testStack({ handlersDir });
    const charge = new CloudRunService(stack, "Charge", code);
    new TerraformOutput(stack, "endpoint", { value: charge.pushEndpoint });
    const { output } = planOf(stack).json;
    expect(output["endpoint"].value).toMatch(/^\$\{google_cloud_run_v2_service\.Charge_\w+\.uri\}$/);
    expect(charge.requestTimeoutSeconds).toBe(95);
  });

  it("made elsewhere needs its full name", () => {
    const existing = (name: string) => (stack: ConstructorParameters<typeof CloudRunService>[0]) =>
      CloudRunService.fromExisting(stack, "S", name, "https://s.run.app").grantInvoke(principal("group:a@example.com"));
    const member = plan(existing("projects/other/locations/us-east1/services/s")).one(
      "google_cloud_run_v2_service_iam_member",
    );
    expect(member).toMatchObject({ project: "other", location: "us-east1", name: "s" });
    expect(codesOf(existing("s"))).toEqual(["MR1316"]);
  });
});

describe("a service is refused", () => {
  it.each<[string, Partial<CloudRunServiceProps>]>([
    ["MR1301", { cpu: 3 }],
    ["MR1301", { cpu: 0.01, concurrency: 1, image: IMAGE }],
    ["MR1302", { memory: "5Gi" }],
    ["MR1302", { cpu: 4, memory: "1Gi" }],
    ["MR1302", { memory: "512M" }],
    ["MR1303", { cpu: 0.5, memory: "256Mi", image: IMAGE }],
    ["MR1304", { minInstances: 5, maxInstances: 4 }],
    ["MR1304", { maxInstances: 0 }],
    ["MR1304", { minInstances: 0.5 }],
    ["MR1305", { timeout: "2h" }],
    ["MR1305", { contract: undefined, timeout: "0s", image: IMAGE, entry: undefined }],
    ["MR1306", { timeout: "94s" }],
    ["MR1307", { concurrency: 1001 }],
    ["MR1308", { image: "europe-docker.pkg.dev/acme/images/charge:latest" }],
    ["MR1309", { memory: "256Mi" }],
    ["MR1309", { cpu: 0.5, concurrency: 1 }],
    ["MR1318", { vpc: { egress: "all" } }],
    ["MR1310", { startupProbe: { periodSeconds: 0 } }],
    ["MR1310", { startupProbe: { timeoutSeconds: 11 } }],
    ["MR1310", { startupProbe: { failureThreshold: 61 } }],
    ["MR1401", { entry: "missing.handler.ts" }],
    ["MR1010", { name: "Charge" }],
  ])("with %s for %j", (expected, props) => {
    expect(codesFor(props)).toContain(expected);
  });

  it("or warned of, when a start takes long", () => {
    const issues = issuesOf(
      (scope) => new CloudRunService(scope, "C", { image: IMAGE, startupProbe: { failureThreshold: 30 } }),
    );
    expect(issues).toMatchObject([{ code: "MR1315", severity: "warning" }]);
  });

  it("or warned of, when its runtime gets old", () => {
    const on = (today: string) =>
      issuesOf(
        (stack) => {
          const scope = new Construct(stack, "Scope");
          scope.node.setContext(TODAY, today);
          new CloudRunService(scope, "C", code);
        },
        { handlersDir },
      ).map(({ code, severity, want }) => [code, severity, want]);
    expect(on("2027-04-30")).toEqual([]);
    expect(on("2027-05-01")).toEqual([["MR1321", "warning", "nodejs24"]]);
    expect(on("2027-10-31")).toEqual([["MR1321", "warning", "nodejs24"]]);
    expect(on("2027-11-01")).toEqual([["MR1320", "error", "nodejs24"]]);
  });
});

describe("a startup probe", () => {
  it("asks the runtime's health path", () => {
    expect(service({ startupProbe: { periodSeconds: 2 } }).template.containers[0].startup_probe).toEqual({
      http_get: { path: "/_millrace/health" },
      initial_delay_seconds: 0,
      period_seconds: 2,
      timeout_seconds: 1,
      failure_threshold: 3,
    });
  });
});

describe("access to a network", () => {
  it("is direct, and for private addresses unless told otherwise", () => {
    const access = (vpc: CloudRunServiceProps["vpc"]) => service({ vpc }).template.vpc_access;
    expect(access({ subnetwork: "orders", tags: ["orders"] })).toEqual({
      network_interfaces: [{ subnetwork: "orders", tags: ["orders"] }],
      egress: "PRIVATE_RANGES_ONLY",
    });
    expect(access({ network: "shared", egress: "all" })).toEqual({
      network_interfaces: [{ network: "shared" }],
      egress: "ALL_TRAFFIC",
    });
    expect(service({}).template.vpc_access).toBeUndefined();
  });
});
