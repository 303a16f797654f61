import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderIssue } from "../../contract/issue";
import { issuesOf, subjectOf } from "../local/deliverability/plans";
import { root } from "../repo/tree";
import { pages } from "./pages";

/*
 * Blocks of TypeScript and JavaScript in the pages are programs:
 * - every block compiles, in one program with the repository's own settings;
 * - `file=orders.contract.ts` names a block's file, so that other blocks of the page can import it;
 * - `synth` says that running the block writes at least one stack, and the deliverability checker has nothing to say of
 *   any of them;
 * - `skip="reason"` leaves a block out, and needs the reason.
 */
const LANGUAGES: Readonly<Record<string, string>> = {
  ts: "ts",
  typescript: "ts",
  js: "js",
  javascript: "js",
  mjs: "mjs",
};

// Inside the repository, so that `millrace/…` and the packages resolve as they do for its own files.
const scratch = join(root, ".cache/docs");

const blocks = [...pages].flatMap(([page, { blocks: all }]) =>
  all
    .filter(({ language }) => LANGUAGES[language] !== undefined)
    .map((block, index) => {
      const name = block.info["file"] ?? `block-${index + 1}.${LANGUAGES[block.language]}`;
      return { ...block, page, folder: join(scratch, page.replace(/\.md$/, "")), name, at: `${page}:${block.line}` };
    }),
);
const taken = blocks.filter(({ info }) => info["skip"] === undefined);

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  for (const { folder, name, text } of taken) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${text}\n`);
  }
  const options = { noUnusedLocals: false, noUnusedParameters: false, allowJs: true, moduleDetection: "force" };
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: options,
    include: ["**/*"],
    exclude: ["**/cdktf.out"],
  };
  writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify(config));
});

describe("code in the pages", () => {
  it("is left out only for a stated reason", () => {
    const silent = blocks.filter(({ info }) => info["skip"] !== undefined && info["skip"].length < 10);
    expect(silent.map(({ at }) => at)).toEqual([]);
  });

  it("gives no two blocks of a page the same file", () => {
    const names = taken.map(({ page, name }) => `${page}: ${name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("compiles", () => {
    const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", scratch, "--pretty", "false"], {
      cwd: root,
      encoding: "utf8",
    });
    const pageOf = (line: string) => {
      const block = taken.find(({ folder, name }) => line.startsWith(join(folder, name).slice(root.length + 1)));
      return block === undefined ? line : `${block.at}: ${line.slice(line.indexOf("("))}`;
    };
    expect(tsc.error).toBeUndefined();
    expect(tsc.stdout.trim() === "" ? [] : tsc.stdout.trim().split("\n").map(pageOf)).toEqual([]);
  });

  const synths = taken.filter(({ info }) => info["synth"] !== undefined);
  describe("that synthesizes", () => {
    let failures: Readonly<Record<string, string>> = {};

    // In one process, each in its folder: loading the constructs costs more than most of the blocks.
    beforeAll(() => {
      const driver = join(scratch, "synth.cjs");
      writeFileSync(driver, DRIVER);
      writeFileSync(
        join(scratch, "synth.json"),
        JSON.stringify(synths.map(({ at, folder, name }) => ({ at, folder, name }))),
      );
      const args = ["-C", "millrace-source", "--require", "tsx/cjs", driver];
      const ran = spawnSync(process.execPath, args, { cwd: scratch, encoding: "utf8" });
      if (ran.status !== 0) throw new Error(ran.stderr);
      failures = JSON.parse(readFileSync(join(scratch, "failures.json"), "utf8")) as typeof failures;
    });

    it.each(synths)("of $at writes stacks that deliver", ({ at, folder }) => {
      expect(failures[at]).toBeUndefined();
      const stacks = join(folder, "cdktf.out/stacks");
      const written = existsSync(stacks) ? readdirSync(stacks) : [];
      expect(written.length).toBeGreaterThan(0);
      for (const stack of written)
        expect(issuesOf(subjectOf(join(folder, "cdktf.out"), stack)).map(renderIssue)).toEqual([]);
    });
  });
});

const DRIVER = `
const { writeFileSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const failures = {};
for (const { at, folder, name } of JSON.parse(readFileSync("synth.json", "utf8"))) {
  process.chdir(folder);
  try {
    require(join(folder, name));
  } catch (error) {
    failures[at] = String(error.stack);
  }
}
writeFileSync(join(__dirname, "failures.json"), JSON.stringify(failures));
`;
