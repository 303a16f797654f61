import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { skipCreationStacks } from "../../../constructs/core/fast";
import { root } from "../../repo/tree";

/** What a process that imports `first` and then cdktf tells of itself. */
function told(first: string, ...args: string[]) {
  const script = `
    const { stacksAreSkipped, archiverWaits } = ${first};
    const { App, AssetType, LocalBackend, TerraformAsset, TerraformStack } = require("cdktf");
    const { readdirSync, mkdtempSync } = require("node:fs");
    const outdir = mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "millrace-fast-"));
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "s");
    new LocalBackend(stack, { path: "state" });
    new TerraformAsset(stack, "zip", { path: "docs/decisions", type: AssetType.ARCHIVE });
    app.synth();
    const zips = readdirSync(outdir, { recursive: true }).filter((file) => file.endsWith(".zip"));
    require("node:fs").rmSync(outdir, { recursive: true });
    const ofArchiver = () => Object.keys(require.cache).filter((file) => /node_modules.archiver/.test(file)).length;
    const before = ofArchiver();
    const file = require.resolve("archiver", { paths: [require.resolve("cdktf")] });
    const { _format } = require(file)("zip");
    console.log(JSON.stringify({ stacksAreSkipped, archiverWaits, zips: zips.length, before, _format, after: ofArchiver() }));`;
  const child = spawnSync(
    process.execPath,
    ["-C", "millrace-source", "--require", "tsx/cjs", "--eval", script, "--", ...args],
    { cwd: root, encoding: "utf8" },
  );
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Readonly<Record<string, unknown>>;
}

const IMPORT = `require(${JSON.stringify(join(root, "constructs/fast.ts"))})`;

describe("the first import of an app", () => {
  it("keeps cdktf's zip writer out until it is called, and cdktf zips as before", () => {
    const { after, ...facts } = told(IMPORT);
    expect(facts).toEqual({ stacksAreSkipped: true, archiverWaits: true, zips: 1, before: 1, _format: "zip" });
    expect(after).toBeGreaterThan(1);
  });

  it("leaves cdktf as it is under --debug", () => {
    const { before, ...facts } = told(IMPORT, "--debug");
    expect(facts).toMatchObject({ stacksAreSkipped: false, archiverWaits: false, zips: 1, _format: "zip" });
    expect(before).toBeGreaterThan(1);
  });

  it("says that it came too late for the zip writer when cdktf is there already", () => {
    expect(told(`(require("cdktf"), ${IMPORT})`)).toMatchObject({ stacksAreSkipped: true, archiverWaits: false });
  });
});

describe("the switch that leaves creation stacks out", () => {
  it("replaces cdktf's capture", () => {
    expect(skipCreationStacks()).toBe(true);
    const { captureStackTrace } = jest.requireActual<{ captureStackTrace: () => string[] }>(
      "cdktf/lib/tokens/private/stack-trace",
    );
    expect(captureStackTrace()).toEqual([]);
  });
});
