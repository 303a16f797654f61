// Builds dist/: CommonJS and declarations for every room, ESM beside them for the entry points that handlers import.
//
// The CommonJS loads what it imports when it first uses it: an app that has neither workflows nor Dataflow loads neither,
// nor the bindings of their resources, nor esbuild. See docs/decisions/0019-published-modules-load-late.md.
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { transformFileSync } from "@swc/core";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const load = createRequire(import.meta.url);
const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { include: rooms } = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8"));

rmSync(dist, { recursive: true, force: true });
const typescript = dirname(load.resolve("typescript/package.json"));
const tsc = [join(typescript, "bin/tsc"), "-p", "tsconfig.build.json"];
if (spawnSync(process.execPath, tsc, { cwd: root, stdio: "inherit" }).status !== 0) process.exit(1);

/** What serves requests loads everything while it starts, when nobody waits for it. */
const EAGER = ["runtime"];

const commonJs = (file, lazy) =>
  transformFileSync(join(root, file), {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    module: { type: "commonjs", lazy, ignoreDynamic: true },
  }).code;

for (const room of rooms)
  for (const declarations of readdirSync(join(dist, room), { recursive: true })) {
    if (!declarations.endsWith(".d.ts")) continue;
    const file = join(room, declarations.replace(/\.d\.ts$/, ".ts"));
    const imported = Array.from(readFileSync(join(root, file), "utf8").matchAll(/\bfrom "(.+)"/g), ([, from]) => from);
    writeFileSync(join(dist, file.replace(/\.ts$/, ".js")), commonJs(file, EAGER.includes(room) ? false : imported));
  }

// What is imported as JSON, and what is read at run time by path.
for (const room of rooms)
  for (const file of existsSync(join(root, room)) ? readdirSync(join(root, room), { recursive: true }) : [])
    if (/\.(json|gz|yaml|proto|pem)$/.test(file)) cpSync(join(root, room, file), join(dist, room, file));

// Node finds the names that ESM can import without running the module, and does not see them in what is loaded late.
for (const { default: file, import: esm } of Object.values(exports)) {
  if (file === undefined || esm !== undefined) continue;
  const names = Object.keys(load(join(root, file))).filter((name) => name !== "default");
  appendFileSync(join(root, file), `0 && (module.exports = { ${names.join(", ")} });\n`);
}

const dual = Object.values(exports).filter((entry) => entry.import !== undefined);
await build({
  absWorkingDir: root,
  entryPoints: dual.map((entry) => entry["millrace-source"]),
  outbase: ".",
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  chunkNames: "esm/[name]-[hash]",
  bundle: true,
  // One copy of every class, whichever entry point it is imported through.
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.9",
  packages: "external",
  logLevel: "warning",
});

// Types have one home, the CommonJS declarations, so that a contract is the same type on both sides of the fence.
for (const { import: esm, require: cjs } of dual) {
  const specifier = `./${relative(dirname(esm.types), cjs.default)}`;
  writeFileSync(join(root, esm.types), `export * from ${JSON.stringify(specifier)};\n`);
}

for (const file of Object.values(bin)) if (existsSync(join(root, file))) chmodSync(join(root, file), 0o755);
