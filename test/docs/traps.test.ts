import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  App,
  AssetType,
  DataResource,
  LocalBackend,
  TerraformAsset,
  TerraformOutput,
  TerraformStack,
  Testing,
} from "cdktf";
import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic/index.js";
import { read, root } from "../repo/tree";

/* The facts of docs/traps.md that this machine can show. One that stops holding is a page to correct, not a fault. */

let scratch: string;
beforeEach(() => void (scratch = mkdtempSync(join(tmpdir(), "traps-"))));
afterEach(() => rmSync(scratch, { recursive: true }));

const synthesized = (build: (app: App) => void, stack: string) => {
  const app = new App({ outdir: join(scratch, "cdktf.out"), skipValidation: true });
  build(app);
  app.synth();
  return readFileSync(join(scratch, "cdktf.out/stacks", stack, "cdk.tf.json"), "utf8");
};

describe("cdktf, as docs/traps.md says,", () => {
  it("hands a literal ${ to Terraform unescaped", () => {
    const text = synthesized((app) => {
      const stack = new TerraformStack(app, "s");
      new LocalBackend(stack, { path: "state" });
      new TerraformOutput(stack, "o", { value: '${sys.get_env("X")}' });
    }, "s");
    expect(JSON.parse(text).output.o.value).toBe('${sys.get_env("X")}');
  });

  it("writes the working directory into a stack without a backend", () => {
    const text = synthesized((app) => void new TerraformStack(app, "s"), "s");
    expect(JSON.parse(text).terraform.backend.local.path).toBe(join(process.cwd(), "terraform.s.tfstate"));
  });

  it("renders a construct in replaceTriggeredBy as an expression, which Terraform refuses there", () => {
    const text = synthesized((app) => {
      const stack = new TerraformStack(app, "s");
      new LocalBackend(stack, { path: "state" });
      const replaceTriggeredBy = [new DataResource(stack, "a", {})];
      new DataResource(stack, "b", { lifecycle: { replaceTriggeredBy } });
    }, "s");
    expect(JSON.parse(text).resource.terraform_data.b.lifecycle.replace_triggered_by).toEqual(["${terraform_data.a}"]);
  });

  it("leaves a cross-stack reference dangling in Testing.synth", () => {
    const app = Testing.app();
    const topic = new PubsubTopic(new TerraformStack(app, "producer"), "t", { name: "orders" });
    const consumer = new TerraformStack(app, "consumer");
    new TerraformOutput(consumer, "o", { value: topic.id });
    const before = JSON.parse(Testing.synth(consumer)) as { output: { o: { value: string } }; resource?: unknown };
    expect(before.output.o.value).toBe("${google_pubsub_topic.t.id}");
    expect(before.resource).toBeUndefined();
    consumer.prepareStack();
    const after = JSON.parse(Testing.synth(consumer)) as typeof before;
    expect(after.output.o.value).toMatch(/^\$\{data\.terraform_remote_state\./);
  });

  it("gives an asset whose file was renamed the hash it had", () => {
    const hashOf = (id: string, file: string) => {
      const folder = join(scratch, id);
      mkdirSync(folder);
      writeFileSync(join(folder, file), "module.exports = 1;\n");
      const stack = new TerraformStack(Testing.app(), id);
      return new TerraformAsset(stack, "a", { path: folder, type: AssetType.DIRECTORY }).assetHash;
    };
    expect(hashOf("one", "index.js")).toBe(hashOf("two", "renamed.js"));
  });

  it("zips the same file to other bytes when only its time differs", () => {
    const folder = join(scratch, "source");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.js"), "module.exports = 1;\n");
    const zipAt = (seconds: number, run: string) => {
      utimesSync(join(folder, "index.js"), seconds, seconds);
      const app = new App({ outdir: join(scratch, run), skipValidation: true });
      const stack = new TerraformStack(app, "s");
      new LocalBackend(stack, { path: "state" });
      const asset = new TerraformAsset(stack, "a", { path: folder, type: AssetType.ARCHIVE });
      app.synth();
      return readFileSync(join(scratch, run, "stacks/s", asset.path));
    };
    expect(zipAt(1_000_000_000, "one").equals(zipAt(1_500_000_000, "two"))).toBe(false);
  });
});

describe("the folder constructs/", () => {
  it("does not shadow the package of that name", () => {
    expect(require.resolve("constructs").startsWith(join(root, "node_modules"))).toBe(true);
    expect(JSON.parse(read("tsconfig.json")).compilerOptions).not.toHaveProperty("baseUrl");
    expect(JSON.parse(read("tsconfig.json")).compilerOptions).not.toHaveProperty("paths");
    for (const setting of ["modulePaths", "moduleDirectories", "moduleNameMapper"])
      expect(read("jest.config.cjs")).not.toContain(setting);
  });
});

describe("TypeScript 7, as docs/traps.md says,", () => {
  it("exports no compiler", () => {
    expect(Object.keys(require("typescript") as object).sort()).toEqual(["version", "versionMajorMinor"]);
  });
});
