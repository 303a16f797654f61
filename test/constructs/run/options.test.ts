import { CloudRunService, type CloudRunServiceProps } from "../../../constructs/run";
import { codesOf, issuesOf, plan } from "../../support/synth";

const IMAGE = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;
const own = (props: Partial<CloudRunServiceProps>) => ({ image: IMAGE, ...props }) as CloudRunServiceProps;
const service = (props: Partial<CloudRunServiceProps>) =>
  plan((stack) => new CloudRunService(stack, "Api", own(props))).one("google_cloud_run_v2_service");
const codesFor = (props: Partial<CloudRunServiceProps>) =>
  codesOf((stack) => new CloudRunService(stack, "Api", own(props)));

describe("a split of traffic", () => {
  it("sends 80 % to one revision and 20 % to the one that is deployed, reached by a tag as well", () => {
    const { template, traffic } = service({
      revision: "v2",
      traffic: [
        { revision: "v1", percent: 80, tag: "stable" },
        { revision: "v2", percent: 20, tag: "next" },
      ],
    });
    expect(template.revision).toBe("web-dev-api-v2");
    const type = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
    expect(traffic).toEqual([
      { type, revision: "web-dev-api-v1", percent: 80, tag: "stable" },
      { type, revision: "web-dev-api-v2", percent: 20, tag: "next" },
    ]);
  });

  it("may leave the new revision to its tag alone", () => {
    const { traffic } = service({ traffic: [{ revision: "00007-abc", percent: 100 }, { tag: "canary" }] });
    expect(traffic[1]).toEqual({ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 0, tag: "canary" });
  });

  it("is left out by default: everything goes to the latest revision", () => {
    expect(service({})).not.toHaveProperty("traffic");
    expect(service({}).template).not.toHaveProperty("revision");
  });

  it.each<[string, string, Partial<CloudRunServiceProps>]>([
    ["MR1327", "a share above 100 %", { traffic: [{ percent: 101 }] }],
    ["MR1327", "half a per cent", { traffic: [{ percent: 99.5 }, { revision: "v1", percent: 0.5 }] }],
    ["MR1327", "a revision that is no label", { traffic: [{ percent: 100 }, { revision: "V_1" }] }],
    ["MR1327", "a revision too long a name", { revision: "v".repeat(60) }],
    ["MR1328", "shares of 90 %", { traffic: [{ percent: 90 }] }],
    [
      "MR1328",
      "a tag twice",
      {
        traffic: [
          { percent: 100, tag: "a" },
          { revision: "v1", tag: "a" },
        ],
      },
    ],
    ["MR1328", "a tag that is no part of a host name", { traffic: [{ percent: 100, tag: "A_b" }] }],
    ["MR1329", "nothing for what is deployed", { revision: "v2", traffic: [{ revision: "v1", percent: 100 }] }],
  ])("is reported with %s for %s", (code, _what, props) => expect(codesFor(props)).toContain(code));
});

describe("an image that CI deploys", () => {
  const ignored = (props: Partial<CloudRunServiceProps>) => service(props).lifecycle.ignore_changes as string[];

  it("is looked at by Terraform once, with the revision's name", () => {
    const paths = ["template[0].containers[0].image", "template[0].revision"];
    expect(ignored({ imageManagedBy: "ci", image: "gcr.io/cloudrun/hello:latest" })).toEqual(
      expect.arrayContaining(paths),
    );
    expect(ignored({}).filter((path) => paths.includes(path))).toEqual([]);
  });

  it("needs no digest, as it is the first one alone", () => {
    expect(codesFor({ imageManagedBy: "ci", image: "gcr.io/cloudrun/hello:latest" })).toEqual([]);
    expect(codesFor({ image: "gcr.io/cloudrun/hello:latest" })).toEqual(["MR1308"]);
  });

  it("goes with no revision that is named here", () => {
    expect(codesFor({ imageManagedBy: "ci", revision: "v2" })).toEqual(["MR1331"]);
  });
});

describe("billing", () => {
  it("is by request unless instances are asked for", () => {
    const idle = (props: Partial<CloudRunServiceProps>) => service(props).template.containers[0].resources.cpu_idle;
    expect([idle({}), idle({ billing: "request" }), idle({ billing: "instance" })]).toEqual([true, true, false]);
  });

  it("by instance needs a whole vCPU", () => {
    expect(codesFor({ billing: "instance", cpu: 0.5, concurrency: 1 })).toEqual(["MR1330"]);
  });
});

describe("the execution environment", () => {
  it.each<[Partial<CloudRunServiceProps>, 1 | 2]>([
    [{}, 2],
    [{ memory: "256Mi" }, 1],
    [{ cpu: 0.5, concurrency: 1 }, 1],
  ])("of %j is generation %i", (props, generation) => {
    expect(service(props).template.execution_environment).toBe(`EXECUTION_ENVIRONMENT_GEN${generation}`);
  });
});

describe("probes", () => {
  const container = (props: Partial<CloudRunServiceProps>) => service(props).template.containers[0];

  it("ask over HTTP, gRPC or by opening a connection", () => {
    const { startup_probe: startup, liveness_probe: liveness } = container({
      startupProbe: { by: "tcp", port: 9_000 },
      livenessProbe: { path: "/alive", headers: { "X-Probe": "1" }, periodSeconds: 3_000 },
    });
    expect(startup).toMatchObject({ tcp_socket: { port: 9_000 }, failure_threshold: 3 });
    expect(liveness).toMatchObject({
      http_get: { path: "/alive", http_headers: [{ name: "X-Probe", value: "1" }] },
      period_seconds: 3_000,
    });
    expect(container({ livenessProbe: { by: "grpc", service: "s" } }).liveness_probe.grpc).toEqual({ service: "s" });
  });

  it.each<[string, Partial<CloudRunServiceProps>]>([
    ["a liveness probe more than an hour apart", { livenessProbe: { periodSeconds: 3_601 } }],
    ["a startup probe five minutes apart", { startupProbe: { periodSeconds: 260, failureThreshold: 1 } }],
    ["HTTP/1 where the container speaks HTTP/2", { http2: true, livenessProbe: { path: "/" } }],
  ])("are refused with MR1310: %s", (_what, props) => expect(codesFor(props)).toContain("MR1310"));

  it("of a liveness kind may take longer than a start", () => {
    expect(codesFor({ livenessProbe: { periodSeconds: 600, failureThreshold: 10 } })).toEqual([]);
  });
});

describe("a container", () => {
  it("listens where it is told, on HTTP/2 where asked", () => {
    const ports = (props: Partial<CloudRunServiceProps>) => service(props).template.containers[0].ports;
    expect(ports({ port: 9_000, http2: true })).toEqual({ container_port: 9_000, name: "h2c" });
    expect(ports({ port: 9_000 })).toEqual({ container_port: 9_000, name: "http1" });
    expect(ports({})).toBeUndefined();
  });

  it.each<[string, Partial<CloudRunServiceProps>]>([
    ["a port that is none", { port: 70_000 }],
    ["a description too long", { description: "x".repeat(513) }],
  ])("is refused with MR1332 for %s", (_what, props) => expect(codesFor(props)).toEqual(["MR1332"]));
});

describe("a key of one's own", () => {
  it("may be used by Cloud Run's agent, before the service is made", () => {
    const kmsKeyName = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/images";
    const { one, address } = plan((stack) => new CloudRunService(stack, "Api", own({ encryption: { kmsKeyName } })));
    expect(one("google_kms_crypto_key_iam_member")).toMatchObject({
      member: "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com",
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    });
    expect(one("google_cloud_run_v2_service")).toMatchObject({
      template: { encryption_key: kmsKeyName },
      depends_on: expect.arrayContaining([address("google_kms_crypto_key_iam_member")]),
    });
  });
});

describe("a network", () => {
  it("may be reached through a connector", () => {
    const connector = "projects/p/locations/europe-west1/connectors/c";
    expect(service({ vpc: { connector, egress: "all" } }).template.vpc_access).toEqual({
      connector,
      egress: "ALL_TRAFFIC",
    });
  });

  it.each<[string, object]>([
    ["a connector beside a network", { connector: "projects/p/locations/r/connectors/c", network: "n" }],
    ["the short name of a connector", { connector: "c" }],
    ["no network at all", {}],
  ])("is refused with MR1318: %s", (_what, vpc) =>
    expect(codesFor({ vpc: vpc as CloudRunServiceProps["vpc"] })).toEqual(["MR1318"]),
  );
});

describe("a binary authorization", () => {
  it("is the project's policy or a named one", () => {
    expect(service({ binaryAuthorization: "project" }).binary_authorization).toEqual({ use_default: true });
    expect(service({ binaryAuthorization: { policy: "p" } }).binary_authorization).toEqual({ policy: "p" });
  });
});

describe("every fault of a service", () => {
  it("is reported at once", () => {
    const found = issuesOf(
      (stack) =>
        new CloudRunService(stack, "Api", own({ port: 0, cpu: 3, traffic: [{ percent: 200 }], timeout: "2h" })),
    );
    expect(found.map(({ code }) => code)).toEqual(["MR1301", "MR1305", "MR1327", "MR1332", "MR1328"]);
  });
});
