import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { grantsOf, principal, ServiceAccount } from "../../../constructs/core";
import { CloudFunction, type CloudFunctionProps } from "../../../constructs/functions";
import { CloudRunService } from "../../../constructs/run";
import { TODAY } from "../../../constructs/run/runtimes";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan, planOf, testStack } from "../../support/synth";

const contract = testContract({ timeLimit: "90s", concurrency: 8 });
const refund = testContract({ name: "refund" });
const code = { contract, entry: "charge.handler.ts" };
const handlersDir = handlersOf(contract, refund);

const planned = (props: Partial<CloudFunctionProps> = {}, stack = {}) =>
  plan((scope) => new CloudFunction(scope, "Charge", { ...code, ...props }), { handlersDir, ...stack });
const deployed = (props: Partial<CloudFunctionProps> = {}, stack = {}) =>
  planned(props, stack).one("google_cloudfunctions2_function");
const codesFor = (props: Partial<CloudFunctionProps>, stack = {}) =>
  codesOf((scope) => new CloudFunction(scope, "Charge", { ...code, ...props }), { handlersDir, ...stack });

describe("a function", () => {
  const resource = deployed();

  it("takes its deadline and concurrency from the contract, and says every number that has a default", () => {
    expect(resource["service_config"]).toMatchObject({
      timeout_seconds: 95,
      max_instance_request_concurrency: 8,
      min_instance_count: 0,
      max_instance_count: 10,
      available_cpu: "1",
      available_memory: "512Mi",
    });
  });

  it("is reached from inside, by whom IAM lets call it, and has no trigger of its own", () => {
    expect(resource["service_config"].ingress_settings).toBe("ALLOW_INTERNAL_ONLY");
    expect(resource["event_trigger"]).toBeUndefined();
    expect(planned().resources("google_cloud_run_v2_service_iam_member")).toEqual({});
  });

  it("runs as an account of its own", () => {
    expect(resource["service_config"].service_account_email).toMatch(
      /^\$\{google_service_account\.Charge_Identity_\w+\.email\}$/,
    );
    expect(planned().one("google_service_account", { account_id: "web-dev-charge" })).toBeDefined();
  });

  it("is built again exactly when its code changes: the object is named by its content", () => {
    const object = planned().one("google_storage_bucket_object");
    expect(object["name"]).toMatch(/^charge-[0-9a-f]{16}\.zip$/);
    expect(resource["build_config"]).toMatchObject({
      runtime: "nodejs22",
      entry_point: "handler",
      source: {
        storage_source: {
          object: expect.stringMatching(/^\$\{google_storage_bucket_object\.Charge_Archive_\w+\.name\}$/),
        },
      },
    });
  });

  it("hands the contract's numbers to the runtime, and the audience it will be called with", () => {
    expect(resource["service_config"].environment_variables).toMatchObject({
      MILLRACE_AUDIENCE: "https://europe-west1-acme-dev.cloudfunctions.net/web-dev-charge",
      MILLRACE_CONTRACT_HASH: contract.hash,
      MILLRACE_DEADLINE_MS: "95000",
    });
  });

  it("takes variables after it was made, and secrets with the project they are in", () => {
    const stack = testStack({ handlersDir });
    const secrets = { API_KEY: { secret: "stripe", version: "3" } };
    new CloudFunction(stack, "Charge", { ...code, secrets }).addEnvironment("LATE", "yes");
    const result = planOf(stack);
    const { service_config: config } = result.one("google_cloudfunctions2_function");
    expect(config.environment_variables["LATE"]).toBe("yes");
    expect(config.secret_environment_variables).toEqual([
      { key: "API_KEY", project_id: "acme-dev", secret: "stripe", version: "3" },
    ]);
    expect(result.one("google_secret_manager_secret_iam_member")).toMatchObject({ secret_id: "stripe" });
  });

  it("is protected where the environment says so", () => {
    expect(deployed({}, { deletionProtection: true })["lifecycle"]).toEqual({ prevent_destroy: true });
    expect(deployed({}, { deletionProtection: false })["lifecycle"]).toBeUndefined();
  });

  it("waits for the APIs, and for grants that have had time to take effect", () => {
    const { addresses } = planned();
    const waits = resource["depends_on"] as string[];
    expect(waits.filter((address) => address.startsWith("google_project_service."))).toHaveLength(6);
    expect(waits).toContain(addresses.find((address) => address.startsWith("time_sleep.")));
  });
});

describe("the builder of a stack's functions", () => {
  const build = (environment = "dev") => {
    const stack = testStack({ handlersDir, environment });
    new CloudFunction(stack, "Charge", code);
    new CloudFunction(stack, "Refund", { contract: refund, entry: "refund.handler.ts" });
    return { plan: planOf(stack), grants: grantsOf(stack) };
  };

  it("is one identity and one repository for all of them, and a month of images", () => {
    const { plan: built } = build();
    expect(built.one("google_artifact_registry_repository")).toMatchObject({
      repository_id: "web-dev-functions",
      cleanup_policies: [
        { id: "keep-recent", action: "KEEP", most_recent_versions: { keep_count: 10 } },
        { id: "delete-old", action: "DELETE", condition: { older_than: "2592000s" } },
      ],
    });
    for (const { build_config: config } of built.all("google_cloudfunctions2_function"))
      expect(config).toMatchObject({
        service_account: expect.stringMatching(/^\$\{google_service_account\.FunctionBuilder_/),
        docker_repository: expect.stringMatching(/^\$\{google_artifact_registry_repository\./),
      });
  });

  it("may write logs, push to its repository, read archives and Google's copies of them, and nothing else", () => {
    const own = build().grants.filter(({ principal }) => principal.includes("builder"));
    expect(own.map(({ role, resource, condition }) => [role, resource, condition])).toEqual([
      ["roles/storage.objectViewer", "projects/_/buckets/acme-dev-web-dev-archives", undefined],
      ["roles/logging.logWriter", "projects/acme-dev", undefined],
      [
        "roles/storage.objectViewer",
        "projects/acme-dev",
        'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-123456789012-europe-west1")',
      ],
      [
        "roles/artifactregistry.writer",
        "projects/acme-dev/locations/europe-west1/repositories/web-dev-functions",
        undefined,
      ],
    ]);
  });

  it("says why what it holds on the project cannot be narrower", () => {
    const wide = build().grants.filter(({ resource }) => resource === "projects/acme-dev");
    expect(wide.filter(({ because }) => !because)).toEqual([]);
  });

  it("has nothing to wait for on this machine", () => {
    const { FunctionBuilder } = Object.fromEntries(
      Object.entries(build("dev").plan.resources("time_sleep")).map(([name, sleep]) => [name.split("_")[0], sleep]),
    );
    expect(FunctionBuilder).toMatchObject({ create_duration: "60s" });
    const local = build("local").plan;
    expect(local.all("time_sleep")).toEqual([]);
    expect(local.json["provider"]).not.toHaveProperty("time");
  });
});

describe("calling a function", () => {
  it("is granted on the service under it, and on nothing else", () => {
    const stack = testStack({ handlersDir });
    new CloudFunction(stack, "Charge", code).grantInvoke(new ServiceAccount(stack, "Push"));
    expect(planOf(stack).one("google_cloud_run_v2_service_iam_member")).toMatchObject({
      role: "roles/run.invoker",
      project: "acme-dev",
      location: "europe-west1",
      name: expect.stringMatching(/^\$\{google_cloudfunctions2_function\.Charge_\w+\.name\}$/),
    });
  });

  it("goes to the address of that service, with the function's own address as audience", () => {
    const stack = testStack({ handlersDir });
    const charge = new CloudFunction(stack, "Charge", code);
    new TerraformOutput(stack, "endpoint", { value: charge.pushEndpoint });
    expect(planOf(stack).json["output"]["endpoint"].value).toMatch(
      /^\$\{google_cloudfunctions2_function\.Charge_\w+\.service_config\[0\]\.uri\}$/,
    );
    expect(charge.audience).toBe("https://europe-west1-acme-dev.cloudfunctions.net/web-dev-charge");
    expect(charge.requestTimeoutSeconds).toBe(95);
  });

  it("made elsewhere needs its full name", () => {
    const existing = (name: string) => (scope: Construct) => {
      const target = CloudFunction.fromExisting(scope, "F", name);
      target.grantInvoke(principal("group:a@example.com"));
      return target;
    };
    const full = "projects/other/locations/us-east1/functions/f";
    expect(plan(existing(full)).one("google_cloud_run_v2_service_iam_member")).toMatchObject({
      project: "other",
      location: "us-east1",
      name: "f",
    });
    expect(existing(full)(testStack()).audience).toBe("https://us-east1-other.cloudfunctions.net/f");
    expect(codesOf(existing("f"))).toEqual(["MR1202"]);
  });
});

describe("a function is refused", () => {
  it.each<[string, Partial<CloudFunctionProps>]>([
    ["MR1301", { cpu: 3 }],
    ["MR1302", { memory: "5Gi" }],
    ["MR1303", { cpu: 0.5 }],
    ["MR1304", { minInstances: 11 }],
    ["MR1305", { timeout: "61m" }],
    ["MR1306", { timeout: "60s" }],
    ["MR1307", { concurrency: 0 }],
    ["MR1403", { entry: "package.json" }],
    ["MR1404", { entry: "refund.handler.ts" }],
    ["MR1010", { name: "charge_card" }],
  ])("with %s for %j", (expected, props) => {
    expect(codesFor(props)).toContain(expected);
  });

  it("with MR1011 when a service has its name: the service under it would have the same", () => {
    const issues = issuesOf(
      (scope) => {
        new CloudRunService(scope, "Service", { ...code, name: "charge" });
        new CloudFunction(scope, "Function", code);
      },
      { handlersDir },
    );
    expect(issues).toMatchObject([
      { code: "MR1011", path: "web-dev/Function" },
      { code: "MR1011", path: "web-dev/Function/Identity" },
    ]);
  });

  it("but may be small with one request at a time, in less memory than a service of a handler needs", () => {
    const alone = testContract({ concurrency: 1 });
    const dir = handlersOf(alone);
    const props = { contract: alone, cpu: 0.2, memory: "256Mi" };
    expect(codesFor(props, { handlersDir: dir })).toEqual([]);
  });

  it("or warned of, for what may be too large in its region", () => {
    const large = { cpu: 8, memory: "4Gi" };
    expect(codesFor(large, { region: "asia-south2" })).toEqual(["MR1201"]);
    expect(codesFor(large)).toEqual([]);
  });

  it.each([
    ["nodejs20", "2026-04-30", []],
    ["nodejs20", "2026-05-01", ["MR1321"]],
    ["nodejs20", "2026-10-30", ["MR1321"]],
    ["nodejs20", "2026-10-31", ["MR1320"]],
    ["nodejs18", "2026-10-31", ["MR1320"]],
    ["nodejs24", "2026-10-31", []],
  ] as const)("or warned of, for runtime %s on %s: %j", (runtime, today, expected) => {
    const issues = issuesOf(
      (stack) => {
        const scope = new Construct(stack, "Scope");
        scope.node.setContext(TODAY, today);
        new CloudFunction(scope, "Charge", { ...code, runtime });
      },
      { handlersDir },
    );
    expect(issues.map(({ code }) => code)).toEqual(expected);
  });
});

describe("the options of a function", () => {
  const connector = "projects/p/locations/europe-west1/connectors/c";
  const built = (props: Partial<CloudFunctionProps>) =>
    plan((stack) => new CloudFunction(stack, "Charge", { ...code, ...props }), { handlersDir }).one(
      "google_cloudfunctions2_function",
    );

  it("reach a network through a connector", () => {
    expect(built({ vpc: { connector } })["service_config"]).toMatchObject({
      vpc_connector: connector,
      vpc_connector_egress_settings: "PRIVATE_RANGES_ONLY",
    });
  });

  it("take security updates by themselves, or with the next deployment, and never both", () => {
    expect(built({})["build_config"]).toMatchObject({ automatic_update_policy: {} });
    const onDeploy = built({ securityUpdates: "on-deploy" })["build_config"];
    expect(onDeploy).toMatchObject({ on_deploy_update_policy: {} });
    expect(onDeploy).not.toHaveProperty("automatic_update_policy");
  });

  it("are refused with MR1203 for the short name of a worker pool, and with MR1318 for that of a connector", () => {
    const codes = (props: Partial<CloudFunctionProps>) =>
      codesOf((stack) => new CloudFunction(stack, "Charge", { ...code, ...props }), { handlersDir });
    expect(codes({ workerPool: "pool" })).toEqual(["MR1203"]);
    expect(codes({ vpc: { connector: "c" } })).toEqual(["MR1318"]);
    expect(codes({ environment: { MILLRACE_AUDIENCE: "me" } })).toEqual(["MR1319"]);
  });
});
