import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate, MillraceStack, ServiceAccount, writeAtSynth } from "../../../constructs/core";
import { STACK } from "../../support/synth";

describe("a synth", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-synth-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("hands constructs the folder of their stack", () => {
    const app = new App({ outdir: join(folder, "out") });
    const writer = new Construct(new MillraceStack(app, STACK), "Writer");
    writeAtSynth(writer, (directory) => writeFileSync(join(directory, "note.txt"), "kept"));
    app.synth();
    expect(readFileSync(join(folder, "out/stacks/web-dev/note.txt"), "utf8")).toBe("kept");
  });

  it("writes the same files from two folders", () => {
    const [one, two] = ["a", "b"].map((name) => {
      const app = new App({ outdir: join(folder, name) });
      const account = new ServiceAccount(new MillraceStack(app, STACK), "Push");
      account.grantActAs(account);
      app.synth();
      return ["stacks/web-dev/cdk.tf.json", "stacks/web-dev/grants.json", "manifest.json"].map((file) =>
        readFileSync(join(folder, name, file), "utf8"),
      );
    });
    expect(two).toEqual(one);
  });
});

describe("text with a literal ${", () => {
  it("survives Terraform's template language", () => {
    expect(escapeTemplate("a ${b} $${c} %{d} 100% $5")).toBe("a $${b} $$${c} %%{d} 100% $5");
  });

  it("keeps the references that cdktf made", () => {
    const { emailReference } = new ServiceAccount(new MillraceStack(new App({ outdir: tmpdir() }), STACK), "Push");
    expect(escapeTemplate(`${emailReference} \${x}`)).toBe(`${emailReference} $\${x}`);
  });
});
