/**
 * Proves the package as a user gets it: packs it, puts the tarball into empty projects, type-checks, synthesizes and
 * imports there, in CommonJS and ESM.
 *
 * By default the packages beside it are links to this repository's own; `--install` lets npm install them, as CI does.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { contentFaults, type PackedFile } from "./package-contents";

const root = resolve(__dirname, "..");

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | object>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}
const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
const manifest = readManifest(root);

/** What a project that synthesizes installs beside millrace; the versions are the ones this repository is tested with. */
const PEERS = [...Object.keys(manifest.peerDependencies), "zod", "typescript", "@types/node"];

/** A check that did not hold, as opposed to a fault of this script. */
class Failed extends Error {}

function run(cwd: string, command: string, ...args: string[]): string {
  try {
    // The repository's own settings must not leak into the empty project.
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], CHECKPOINT_DISABLE: "1", NO_COLOR: "1" };
    return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    // What the command said is the message; its stack would only say that it was run here.
    throw new Failed(`${command} ${args.join(" ")}\n${stdout ?? ""}${stderr ?? ""}`, { cause: error });
  }
}

function step<T>(what: string, action: () => T): T {
  const begin = process.hrtime.bigint();
  const result = action();
  console.log(`ok  ${what} (${Number((process.hrtime.bigint() - begin) / 1_000_000n) / 1_000} s)`);
  return result;
}

function demand(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Failed(problem);
}

function pack(scratch: string, name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  run(root, "npm", "pack", "--silent", "--pack-destination", folder);
  return join(folder, readdirSync(folder)[0]!);
}

function filesUnder(folder: string, prefix = ""): PackedFile[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? filesUnder(folder, path) : [{ path, bytes: readFileSync(join(folder, path)) }];
  });
}

/** An empty project with the packed millrace and the named packages. */
function project(
  scratch: string,
  name: string,
  tarball: string,
  packages: readonly string[],
  install: boolean,
): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", private: true }));
  if (install) {
    const versions = packages.map((one) => {
      return `${one}@${readManifest(join(root, "node_modules", one)).version}`;
    });
    run(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...versions);
    return folder;
  }
  const target = join(folder, "node_modules/millrace");
  mkdirSync(target);
  run(target, "tar", "-xzf", tarball, "--strip-components=1");
  for (const one of new Set([...Object.keys(manifest.dependencies), ...packages])) {
    mkdirSync(dirname(join(folder, "node_modules", one)), { recursive: true });
    symlinkSync(join(root, "node_modules", one), join(folder, "node_modules", one));
  }
  return folder;
}

/** The consumer's sources, once as CommonJS and once as ESM. */
function consumer(folder: string, format: "cjs" | "esm"): string {
  const target = join(folder, format);
  cpSync(join(root, "test/package/consumer"), target, { recursive: true });
  const type = format === "esm" ? "module" : "commonjs";
  writeFileSync(join(target, "package.json"), JSON.stringify({ name: `consumer-${format}`, private: true, type }));
  const compilerOptions = {
    target: "ES2022",
    module: "node16",
    moduleResolution: "node16",
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    // Our declarations must stand on their own.
    skipLibCheck: false,
    outDir: "out",
  };
  writeFileSync(join(target, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  return target;
}

/** Everything a synth wrote that must not depend on the module format. */
function synthesize(folder: string): ReadonlyMap<string, string> {
  run(folder, process.execPath, "out/app.js");
  const written = filesUnder(join(folder, "cdktf.out/stacks"));
  for (const wanted of [/\/cdk\.tf\.json$/, /\/archives\/orders-[0-9a-f]+\.zip$/])
    demand(
      written.some(({ path }) => wanted.test(path)),
      `${folder} synthesized nothing like ${String(wanted)}`,
    );
  return new Map(written.map(({ path, bytes }) => [path, Buffer.from(bytes).toString("base64")]));
}

const entries = (withPeers: boolean) =>
  Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith(".json"))
    .filter((entry) => withPeers || /^\.\/((contract|runtime)(\/|$)|testing$)/.test(entry))
    .map((entry) => `millrace${entry.slice(1)}`);

/** Imports every entry point both ways and sees that both name the same exports. */
function importAll(folder: string, withPeers: boolean) {
  const script = `
    // Interop marks, which either way of loading may add.
    const names = (module) => Object.keys(module).filter((name) => !/^(__esModule|default|module\\.exports)$/.test(name)).sort();
    const problems = [];
    for (const entry of ${JSON.stringify(entries(withPeers))}) {
      const [required, imported] = [names(require(entry)), names(await import(entry))];
      if (required.length === 0) problems.push(entry + " exports nothing");
      if (String(required) !== String(imported)) problems.push(entry + ": require gives " + required + ", import gives " + imported);
    }
    if (problems.length > 0) throw new Error(problems.join("\\n"));`;
  writeFileSync(join(folder, "import-all.cjs"), `(async () => {${script}})();\n`);
  run(folder, process.execPath, "import-all.cjs");
}

/** Sees that an app loads no package it does not use: nothing for the import, nothing but its own for a topic. */
function loadsLate(folder: string) {
  const script = `
    const loaded = () => Object.keys(require.cache).filter((file) => !/node_modules.millrace/.test(file));
    const millrace = require("millrace");
    const afterImport = loaded();
    const { App } = require("cdktf");
    const app = new App({ outdir: require("node:path").join(__dirname, "topic.out") });
    const project = { id: "example-dev", number: "123456789012" };
    const stack = new millrace.MillraceStack(app, { app: "topic", environment: "dev", project, region: "europe-west1" });
    new millrace.Topic(stack, "Orders");
    app.synth();
    const bindings = loaded().flatMap((file) => /provider-google.lib.([^/\\\\]+)/.exec(file)?.[1] ?? []).sort();
    const others = loaded().filter((file) => /node_modules.(esbuild|fflate|yaml|zod|croner)/.test(file));
    console.log(JSON.stringify({ afterImport: afterImport.filter((file) => file !== __filename), bindings, others }));`;
  writeFileSync(join(folder, "late.cjs"), script);
  const { afterImport, bindings, others } = JSON.parse(run(folder, process.execPath, "late.cjs")) as Readonly<
    Record<"afterImport" | "bindings" | "others", readonly string[]>
  >;
  demand(afterImport.length === 0, `importing millrace loads ${afterImport.join(", ")}`);
  demand(
    String(bindings) === "monitoring-dashboard,project-service,provider,pubsub-topic",
    `a topic loads the bindings ${bindings.join(", ")}`,
  );
  demand(others.length === 0, `a topic loads ${others.join(", ")}`);
}

function main(install: boolean) {
  const scratch = mkdtempSync(join(tmpdir(), "millrace-package-"));
  try {
    const tarball = step("npm pack builds and packs", () => pack(scratch, "first"));
    step("a second build packs the same bytes", () =>
      demand(readFileSync(tarball).equals(readFileSync(pack(scratch, "second"))), "the two tarballs differ"),
    );
    step("publint finds nothing", () => run(root, join(root, "node_modules/.bin/publint"), "run", tarball, "--strict"));

    const linked = project(scratch, "contents", tarball, [], false);
    step("the tarball holds what a user needs and no more", () => {
      const faults = contentFaults(filesUnder(join(linked, "node_modules/millrace")), [root, homedir(), scratch]);
      demand(faults.length === 0, faults.join("\n"));
    });

    const handlers = step("a project without cdktf takes it", () => project(scratch, "handlers", tarball, [], install));
    step("contract, runtime and testing load there both ways", () => importAll(handlers, false));

    const app = step("a project with cdktf takes it", () => project(scratch, "app", tarball, PEERS, install));
    step("every entry point loads there both ways", () => importAll(app, true));
    step("an app loads what it uses", () => loadsLate(app));
    const outputs = (["cjs", "esm"] as const).map((format) => {
      const folder = consumer(app, format);
      step(`${format}: type-checks`, () => run(folder, join(app, "node_modules/typescript/bin/tsc"), "-p", "."));
      step(`${format}: tests a handler and a plan`, () => run(folder, process.execPath, "out/kit.js"));
      return step(`${format}: synthesizes`, () => synthesize(folder));
    });
    step("cjs and esm synthesize the same bytes", () =>
      demand(JSON.stringify([...outputs[0]!]) === JSON.stringify([...outputs[1]!]), "the outputs differ"),
    );
    const millrace = join(app, "node_modules/millrace/dist/cli/main.js");
    step("the command answers", () => {
      const said = run(app, process.execPath, millrace, "--version");
      demand(said.trim() === manifest.version, `millrace --version says ${said}`);
    });
    step("the engine delivers an event to the packaged handler", () => {
      const publish = ["--", process.execPath, "publish.cjs"];
      run(join(app, "esm"), process.execPath, millrace, "exec", "orders-dev", "--ephemeral", ...publish);
    });
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    console.error(`not ok  ${error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

main(process.argv.includes("--install"));
