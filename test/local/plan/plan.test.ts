import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Issue, IssuesError } from "../../../contract/issue";
import { type Completion, makePlan } from "../../../local/plan/plan";
import { UNKNOWN_PROJECT_NUMBER } from "../../../local/plan/project-number";
import { listStacks, readStacks } from "../../../local/plan/read";

const out = mkdtempSync(join(tmpdir(), "plan-"));
afterAll(() => rmSync(out, { recursive: true }));

let folders = 0;
/** Writes stacks as cdktf does and returns the output folder. */
function synthesized(stacks: Record<string, unknown>): string {
  const folder = join(out, String(folders++));
  for (const [stack, json] of Object.entries(stacks)) {
    mkdirSync(join(folder, "stacks", stack), { recursive: true });
    writeFileSync(join(folder, "stacks", stack, "cdk.tf.json"), typeof json === "string" ? json : JSON.stringify(json));
  }
  return folder;
}

/** Knows `known_*` types: gives each an id made from its name. */
const complete: Completion = ({ type, config, provider }) =>
  type.startsWith("known_")
    ? { project: provider.project ?? null, ...config, id: `id/${config.name as string}` }
    : undefined;

const plan = (stacks: Record<string, unknown>, stack = Object.keys(stacks).at(-1)!) =>
  makePlan(readStacks(synthesized(stacks), stack), complete);
const single = (json: unknown) => plan({ s: json });
const brief = (issues: readonly Issue[]) => issues.map(({ code, path, problem }) => `${code} ${path}: ${problem}`);
const thrown = (run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof IssuesError) return brief(error.issues);
    throw error;
  }
  return [];
};

describe("a plan", () => {
  it("resolves references whatever their order, through locals, variables and computed attributes", () => {
    const { resources, outputs, issues } = single({
      variable: { suffix: { type: "string", default: "x" } },
      locals: { name: "orders-${var.suffix}" },
      resource: {
        known_subscription: {
          s: { "//": { metadata: { path: "s/Orders/Subscription" } }, topic: "${known_topic.t.id}", name: "sub" },
        },
        known_topic: { t: { name: "${local.name}", labels: { '${lower("KEY")}': 1 } } },
      },
      output: { topic: { value: "${known_topic.t.id}" } },
    });
    expect(issues).toEqual([]);
    expect(resources.map(({ address, attributes }) => [address, attributes])).toEqual([
      ["known_topic.t", { id: "id/orders-x", labels: { key: 1 }, name: "orders-x", project: null }],
      ["known_subscription.s", { id: "id/sub", name: "sub", project: null, topic: "id/orders-x" }],
    ]);
    expect(resources[1]!.constructPath).toBe("s/Orders/Subscription");
    expect(outputs).toEqual({ s: { topic: "id/orders-x" } });
  });

  it("puts what depends_on names first", () => {
    const { resources } = single({
      resource: { known_a: { first: { depends_on: ["known_b.second"] } }, known_b: { second: {} } },
    });
    expect(resources.map(({ address }) => address)).toEqual(["known_b.second", "known_a.first"]);
  });

  it("unfolds count, for_each and dynamic blocks", () => {
    const { resources, outputs, issues } = single({
      resource: {
        known_counted: { c: { count: 2, name: "c-${count.index}" } },
        known_each: { e: { for_each: '${toset(["b", "a"])}', name: "e-${each.value}" } },
        known_dynamic: {
          d: {
            dynamic: { env: { for_each: { A: "1", B: "2" }, content: { name: "${env.key}", value: "${env.value}" } } },
          },
        },
      },
      output: {
        second: { value: "${known_counted.c[1].id}" },
        all: { value: "${known_counted.c[*].name}" },
        a: { value: '${known_each.e["a"].id}' },
      },
    });
    expect(issues).toEqual([]);
    expect(resources.map(({ address }) => address)).toEqual([
      "known_counted.c[0]",
      "known_counted.c[1]",
      'known_each.e["a"]',
      'known_each.e["b"]',
      "known_dynamic.d",
    ]);
    expect(outputs.s).toEqual({ second: "id/c-1", all: ["c-0", "c-1"], a: "id/e-a" });
    expect(resources[4]!.config).toEqual({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
    });
  });

  it("configures a resource by its provider, aliased ones included", () => {
    const { resources } = single({
      provider: {
        google: [{ project: "main" }, { alias: "other", project: "second" }],
        "google-beta": [{ project: "beta" }],
      },
      resource: {
        google_x: { plain: {}, aliased: { provider: "google.other" }, beta: { provider: "google-beta" } },
      },
    });
    expect(resources.map(({ provider }) => provider.project)).toEqual(["main", "second", "beta"]);
  });

  it("reads the project's number from service agents and URLs, else uses one that is nobody's", () => {
    const numbers: string[] = [];
    const spy: Completion = (resource, { projectNumber }) => {
      numbers.push(projectNumber((resource.config.project ?? "main") as string));
      return {};
    };
    const read = (json: unknown) => makePlan(readStacks(synthesized({ s: json }), "s"), spy);
    read({
      provider: { google: [{ project: "main" }] },
      resource: {
        x: {
          a: { member: "serviceAccount:service-111111111111@gcp-sa-pubsub.iam.gserviceaccount.com" },
          b: { project: "second", push: "https://pushes-222222222222.europe-west1.run.app/x" },
        },
      },
    });
    read({ resource: { x: { a: {} } } });
    expect(numbers).toEqual(["111111111111", "222222222222", UNKNOWN_PROJECT_NUMBER]);
  });

  it("lends a stand-in to who asks for an attribute of an unknown type, and says so", () => {
    const { resources, issues } = single({
      resource: {
        google_kms_crypto_key: { k: { name: "k" } },
        known_topic: { t: { name: "n", key: "${google_kms_crypto_key.k.id}" } },
      },
    });
    expect(resources[1]!.attributes.key).toBe("local-stand-in/s/google_kms_crypto_key.k/id");
    expect(issues).toMatchObject([{ code: "MR4013", severity: "warning", path: "s/known_topic.t" }]);
  });
});

describe("a plan of several stacks", () => {
  const producer = {
    terraform: { backend: { gcs: { bucket: "b", prefix: "p" } } },
    resource: { known_topic: { t: { name: "orders" } } },
    output: { id: { value: "${known_topic.t.id}" } },
  };
  const consumer = (name: string, config: unknown) => ({
    data: { terraform_remote_state: { [name]: { backend: "gcs", config } } },
    resource: { known_subscription: { s: { topic: `\${data.terraform_remote_state.${name}.outputs.id}` } } },
  });

  it.each([
    ["by cdktf's name for the reference", consumer("cross-stack-reference-input-a", {})],
    ["by equal settings of the backend", consumer("platform", { bucket: "b", prefix: "p" })],
  ])("follows outputs of another stack, found %s", (_, json) => {
    const { stacks, resources, issues } = plan({ a: producer, unrelated: {}, b: json }, "b");
    expect(issues).toEqual([]);
    expect(stacks).toEqual(["a", "b"]);
    expect(resources.map(({ stack, address }) => `${stack}/${address}`)).toEqual([
      "a/known_topic.t",
      "b/known_subscription.s",
    ]);
    expect(resources[1]!.config.topic).toBe("id/orders");
  });

  it("refuses a remote state that nobody here writes", () => {
    expect(thrown(() => plan({ b: consumer("platform", { bucket: "elsewhere" }) }))).toEqual([
      expect.stringMatching(/^MR4012 b\/data.terraform_remote_state.platform: no stack in .* writes this state/),
    ]);
  });

  it("names an output that the other stack does not have", () => {
    const { issues } = plan({ a: { ...producer, output: {} }, b: consumer("cross-stack-reference-input-a", {}) });
    expect(brief(issues)).toEqual([
      "MR4005 b/known_subscription.s: refers to data.terraform_remote_state.cross-stack-reference-input-a.outputs.id, which nothing declares",
    ]);
  });
});

describe("what is wrong with a plan", () => {
  it("is said all at once, each fault once and with its address", () => {
    const { issues, resources } = single({
      module: { m: { source: "./m" } },
      variable: { v: {} },
      locals: { a: "${local.b}", b: "${local.a}" },
      resource: {
        known_topic: {
          syntax: { name: "${oops", labels: { x: "${1 +}" } },
          undeclared: { name: "${known_topic.sintax.name}" },
          attribute: { name: "${known_topic.good.nope}" },
          function: { name: "${uuid()}" },
          value: { nested: [{ deep: '${1 + "x"}' }] },
          variable: { name: "${var.v}" },
          counted: { count: -1 },
          good: { name: "good" },
        },
        known_after: { silent: { name: "${known_topic.value.id}" } },
      },
    });
    expect(brief(issues).sort()).toEqual([
      'MR4004 s/known_topic.syntax.labels.x: an expression expected at character 6 of "${1 +}"',
      'MR4004 s/known_topic.syntax.name: "}" expected at character 7 of "${oops"',
      "MR4005 s/known_topic.undeclared: refers to known_topic.sintax.name, which nothing declares",
      'MR4006 s/known_topic.attribute.name: there is no attribute "nope"; there are id, name, project',
      "MR4007 s/known_topic.function.name: the function uuid() is not known here",
      "MR4008 s/known_topic.counted: count is -1",
      'MR4008 s/known_topic.value.nested[0].deep: a number is required, not string "x"',
      "MR4009 s/local.a: depends on itself: s/local.a → s/local.b → s/local.a",
      "MR4010 s/var.v: has no default, and nobody is asked here",
      "MR4011 s/module.m: the engine runs no module",
    ]);
    expect(issues.find(({ code }) => code === "MR4005")!.fix).toBe('did you mean "known_topic.syntax"');
    expect(resources.map(({ address }) => address)).toEqual(["known_topic.good"]);
  });

  it("finds names that JavaScript has on every object undeclared", () => {
    const { issues } = single({
      resource: { known_topic: { t: { name: "${local.constructor}${known_topic.toString.id}" } } },
    });
    expect(brief(issues).map((line) => line.slice(0, 6))).toEqual(["MR4005", "MR4005"]);
  });
});

describe("cdktf's output folder", () => {
  it("is asked for when it is missing or empty", () => {
    expect(thrown(() => listStacks(join(out, "nowhere")))).toEqual([
      expect.stringMatching(/^MR4001 .*nowhere: does not exist/),
    ]);
    expect(thrown(() => listStacks(out))).toEqual([expect.stringMatching(/^MR4001 .*: holds no synthesized stack/)]);
  });

  it("suggests the stack that was meant", () => {
    const folder = synthesized({ "webhooks-dev": {}, "webhooks-prod": {} });
    const run = () => readStacks(folder, "webhook-dev");
    expect(thrown(run)).toEqual([expect.stringContaining("MR4002 webhook-dev: ")]);
    expect(run).toThrow('did you mean "webhooks-dev"');
  });

  it("refuses a file that is no Terraform JSON", () => {
    expect(thrown(() => single('{"resource":'))).toEqual([expect.stringMatching(/^MR4003 .*cannot be read as JSON/)]);
    expect(thrown(() => single([]))).toEqual([expect.stringMatching(/^MR4003 .*no Terraform document/)]);
  });
});
