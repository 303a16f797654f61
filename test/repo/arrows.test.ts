import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { manifest, read, root, treeFiles } from "./tree";

/** The table of docs/architecture.md, closed over its own arrows. */
const MAY_IMPORT = {
  language: [],
  contract: ["language"],
  constructs: ["contract", "language"],
  patterns: ["constructs", "contract", "language"],
  stacks: ["patterns", "constructs", "contract", "language"],
  runtime: ["contract"],
  local: ["language", "contract"],
  testing: ["local", "constructs", "runtime", "contract", "language"],
  cli: ["language", "contract", "constructs", "patterns", "stacks", "runtime", "local", "testing"],
} as const satisfies Record<string, readonly string[]>;

type Room = keyof typeof MAY_IMPORT;
const rooms = Object.keys(MAY_IMPORT) as Room[];
const allowed = (from: Room, to: string) => from === to || (MAY_IMPORT[from] as readonly string[]).includes(to);

/** One import statement in one file, and whether lint must report it. */
interface Case {
  readonly file: string;
  readonly specifier: string;
  readonly reported: boolean;
}

const PUBSUB = "@cdktf/provider-google/lib/pubsub-topic/index.js";

function casesOf(from: Room): readonly Case[] {
  const usesCdktf = ["constructs", "patterns", "stacks", "testing", "cli"].includes(from);
  return [
    ...rooms
      .filter((to) => to !== from)
      .flatMap((to) => [
        { file: `${from}/a.ts`, specifier: `../${to}/thing`, reported: !allowed(from, to) },
        { file: `${from}/deep/er/a.ts`, specifier: `../../../${to}/thing`, reported: !allowed(from, to) },
        ...(allowed(from, to) ? [] : [{ file: `${from}/deep/a.ts`, specifier: `../../${to}`, reported: true }]),
      ]),
    { file: `${from}/a.ts`, specifier: `./${rooms.find((to) => !allowed(from, to)) ?? "x"}/thing`, reported: false },
    { file: `${from}/a.ts`, specifier: PUBSUB, reported: true },
    { file: `${from}/a.ts`, specifier: "@cdktf/provider-google", reported: true },
    { file: `${from}/a.ts`, specifier: "millrace/contract", reported: true },
    { file: `${from}/a.ts`, specifier: "cdktf", reported: !usesCdktf },
    { file: `${from}/a.ts`, specifier: "constructs", reported: !usesCdktf },
  ];
}

const l1: readonly Case[] = [
  { file: "constructs/l1/a.ts", specifier: PUBSUB, reported: false },
  { file: "constructs/l1/a.ts", specifier: "@cdktf/provider-google", reported: true },
  { file: "constructs/l1/a.ts", specifier: "@cdktf/provider-google/lib/index.js", reported: true },
  { file: "constructs/l1/a.ts", specifier: "../../runtime/thing", reported: true },
  { file: "examples/a.ts", specifier: PUBSUB, reported: true },
];

const table: readonly Case[] = [
  { file: "runtime/a.ts", specifier: "../contract", reported: true },
  { file: "runtime/a.ts", specifier: "../contract/index", reported: true },
  { file: "runtime/a.ts", specifier: "../contract/codes", reported: true },
  { file: "runtime/a.ts", specifier: "../contract/codes/runtime", reported: true },
];

const WAYS = ["import { x } from S;", "import type { x } from S;", "export * from S;", "export const y = import(S);"];

describe("the arrows between rooms, as lint holds them", () => {
  const scratch = mkdtempSync(join(tmpdir(), "arrows-"));
  const groups = new Map([
    ...rooms.map((room) => [room as string, casesOf(room)] as const),
    ["l1", l1],
    ["table", table],
  ]);
  const pathOf = (group: string, { file }: Case, index: number, way: number) =>
    join(dirname(file), `${group}-${index}-${way}.ts`);
  let reported = new Set<string>();

  beforeAll(() => {
    cpSync(join(root, ".oxlintrc.json"), join(scratch, ".oxlintrc.json"));
    for (const [group, cases] of groups)
      for (const [index, one] of cases.entries())
        for (const [way, text] of WAYS.entries()) {
          const path = join(scratch, pathOf(group, one, index, way));
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, `${text.replace("S", JSON.stringify(one.specifier))}\n`);
        }
    const lint = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format", "json"], {
      cwd: scratch,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const { diagnostics } = JSON.parse(lint.stdout) as { diagnostics: { code: string; filename: string }[] };
    const restricted = diagnostics.filter(({ code }) => code.includes("no-restricted-imports"));
    reported = new Set(restricted.map(({ filename }) => relative(scratch, resolve(scratch, filename))));
  });

  afterAll(() => rmSync(scratch, { recursive: true }));

  const mistakes = (group: string) =>
    groups.get(group)!.flatMap((one, index) =>
      WAYS.flatMap((text, way) => {
        const was = reported.has(pathOf(group, one, index, way));
        if (was === one.reported) return [];
        return [`${was ? "reported" : "not reported"}: ${text.replace("S", one.specifier)} in ${one.file}`];
      }),
    );

  it.each(rooms)("let %s import what the table allows and nothing else", (room) => expect(mistakes(room)).toEqual([]));
  it("let constructs/l1 alone touch the provider bindings, never their barrel", () =>
    expect(mistakes("l1")).toEqual([]));
  it("keep the table of codes out of the runtime", () => expect(mistakes("table")).toEqual([]));
});

/** Every way to name a module; `require` and dynamic `import()` included. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(\s*|\brequire\s*\(\s*|\bimport\s+)"([@\w.][@\w./:-]*)"/g;

const imports = treeFiles(...rooms)
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => {
    const code = read(file).replace(/^\s*(\/?\*|\/\/).*$/gm, "");
    const room = file.split("/")[0] as Room;
    return [...code.matchAll(SPECIFIER)].map((match) => ({ file, room, specifier: match[1]! }));
  });

/** The app that `npm run synth` runs: it names the example, and tsconfig.build.json keeps it out of the package. */
const OWN_APP = "stacks/main.ts";

describe("the tree", () => {
  it("crosses rooms along the arrows only, whichever way a module is loaded", () => {
    const crossings = imports.filter(({ file, room, specifier }) => {
      const to = relative(root, resolve(root, dirname(file), specifier)).split("/")[0]!;
      return specifier.startsWith(".") && !allowed(room, to) && !(file === OWN_APP && to === "examples");
    });
    expect(crossings).toEqual([]);
  });

  it("imports no package that an installed millrace would lack", () => {
    const installed = new Set([
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.peerDependencies),
      ...builtinModules,
      // Code that Millrace generates for others names the package itself.
      "millrace",
    ]);
    const foreign = imports
      .filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
      .map(({ file, specifier }) => ({ file, name: /^(@[^/]+\/)?[^/]+/.exec(specifier)![0] }))
      .filter(({ name }) => !installed.has(name));
    expect(foreign).toEqual([]);
  });

  it("never imports the root of the provider bindings", () => {
    const barrel = /(?:from|import\(|require\()\s*["']@cdktf\/provider-google["']/;
    const code = treeFiles("*.ts", "*.mjs", "*.cjs").filter((file) => file !== "test/repo/arrows.test.ts");
    expect(code.filter((file) => barrel.test(read(file)))).toEqual([]);
  });
});
