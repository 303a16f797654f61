// Builds dist/: CommonJS and declarations for every room, ESM beside them for the entry points that handlers import.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { include: rooms } = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8"));

rmSync(dist, { recursive: true, force: true });
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
const tsc = [join(typescript, "bin/tsc"), "-p", "tsconfig.build.json"];
if (spawnSync(process.execPath, tsc, { cwd: root, stdio: "inherit" }).status !== 0) process.exit(1);

// tsc copies JSON that is imported; what is read at run time by path must be copied by hand.
for (const room of rooms)
  for (const file of existsSync(join(root, room)) ? readdirSync(join(root, room), { recursive: true }) : [])
    if (/\.(json|gz|yaml|proto|pem)$/.test(file)) cpSync(join(root, room, file), join(dist, room, file));

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
