import { App, TerraformStack } from "cdktf";
import { findingsOf, MillraceStack, physicalName, ServiceAccount } from "../../../constructs/core";
import { codesOf, plan, planOf, STACK, testApp, testStack } from "../../support/synth";

describe("a stack", () => {
  it("is named after the app and the environment", () => {
    expect(testStack().node.id).toBe("web-dev");
  });

  it("labels everything that can carry labels", () => {
    const { json } = plan(() => {}, { labels: { team: "edge" } });
    expect(json["provider"].google).toEqual([
      {
        project: "acme-dev",
        region: "europe-west1",
        default_labels: { app: "web", environment: "dev", team: "edge" },
      },
    ]);
  });

  it("keeps its state in the bucket it is given", () => {
    const { json } = plan(() => {}, { backend: { kind: "gcs", bucket: "acme-state" } });
    expect(json["terraform"].backend).toEqual({ gcs: { bucket: "acme-state", prefix: "millrace/web-dev" } });
  });

  it("keeps its state beside cdktf.out otherwise, by a path that names no machine", () => {
    expect(plan(() => {}).json["terraform"].backend).toEqual({
      local: { path: "../../../terraform.web-dev.tfstate" },
    });
  });

  it("renders the same bytes for the same input", () => {
    const build = () => plan((stack) => new ServiceAccount(stack, "Push")).text;
    expect(build()).toBe(build());
  });

  it.each([
    ["MR1002", { app: "Web" }],
    ["MR1002", { environment: "dev-" }],
    ["MR1003", { project: { id: "x", number: "1" } }],
    ["MR1003", { project: { id: "acme-dev", number: "acme-dev" } }],
    ["MR1004", { region: "europe" }],
    ["MR1005", { labels: { Team: "edge" } }],
    ["MR1005", { labels: { team: "Edge" } }],
    ["MR1005", { labels: Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`label-${i}`, "x"])) }],
  ])("reports %s for %j", (code, props) => {
    expect(codesOf(() => {}, props)).toEqual([code]);
  });

  it("accepts a project id with a domain", () => {
    expect(codesOf(() => {}, { project: { id: "example.com:acme-dev", number: "1" } })).toEqual([]);
  });

  it("is the place constructs need", () => {
    const bare = new TerraformStack(new App({ outdir: testApp().outdir }), "bare");
    expect(() => new ServiceAccount(bare, "Push")).toThrow(/MR1001 bare\/Push: it is not inside a MillraceStack/);
  });

  it("refuses to be prepared while any stack of the app has errors", () => {
    const app = testApp();
    const sound = new MillraceStack(app, STACK);
    new MillraceStack(app, { ...STACK, environment: "prod", region: "nowhere" });
    expect(() => planOf(sound)).toThrow(/MR1004 web-prod: "nowhere" is not a region/);
  });
});

describe("a resource name", () => {
  const rule = { kind: "thing", pattern: /^[a-z][a-z0-9-]*$/, max: 30, allowed: "lower case" };

  it("is the prefix and the name", () => {
    expect(physicalName(testStack(), rule, "orders")).toBe("web-dev-orders");
    expect(physicalName(testStack({ prefix: "" }), rule, "orders")).toBe("orders");
  });

  it("follows from the construct's path when none is given", () => {
    const account = new ServiceAccount(testStack(), "OrderIntake");
    expect(account.email).toBe("web-dev-order-intake@acme-dev.iam.gserviceaccount.com");
  });

  it("ends in a hash of the whole when it is too long, so that two long names never meet", () => {
    const [one, two] = ["x", "y"].map((end) => physicalName(testStack(), rule, "a".repeat(40) + end));
    expect(one).toMatch(/^web-dev-a{13}-[0-9a-f]{8}$/);
    expect(one).toHaveLength(30);
    expect(two).not.toBe(one);
  });

  it("is reported when Google would refuse it", () => {
    expect(codesOf((stack) => physicalName(stack, rule, "Orders!"))).toEqual(["MR1010"]);
  });

  it("is reported when another construct of the project has it, in whatever stack", () => {
    const app = testApp();
    const build = (environment: string, prefix: string) => {
      const stack = new MillraceStack(app, { ...STACK, environment, prefix });
      new ServiceAccount(stack, "Push");
      return stack;
    };
    build("dev", "shop");
    expect(findingsOf(build("qa", "other")).errors).toEqual([]);
    expect(findingsOf(build("prod", "shop")).errors).toMatchObject([
      {
        code: "MR1011",
        path: "web-prod/Push",
        problem: 'web-dev/Push is the service account "shop-push" already',
      },
    ]);
  });

  it("is not judged while it is a reference", () => {
    expect(codesOf((stack) => physicalName(stack, rule, new ServiceAccount(stack, "A").emailReference))).toEqual([]);
  });
});
