import { symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { z } from "zod";
import { defineContract } from "../../../contract/contract";
import { packageHandler, type PackageRequest } from "../../../constructs/packaging/handler";
import { handlerSource, project, RUNTIME_STAND_IN, write } from "../../support/project";
import { unzip } from "../../support/unzip";

const contract = defineContract({
  name: "charge",
  input: z.object({ id: z.string() }),
  key: (charge) => charge.id,
  effects: "at-least-once",
  store: "memory",
});

const HANDLER = handlerSource("charge", contract.hash);

function packaged(files: Record<string, string>, request: Partial<PackageRequest> = {}, below?: string) {
  const root = project({ ...RUNTIME_STAND_IN, ...files }, below);
  return packageHandler({ kind: "function", contract, entry: join(root, "src/charge.handler.ts"), ...request });
}

function archiveOf(files: Record<string, string>, request: Partial<PackageRequest> = {}, below?: string) {
  const { archive, findings } = packaged(files, request, below);
  expect(findings).toEqual([]);
  return archive!;
}

const codesOf = (files: Record<string, string>, request: Partial<PackageRequest> = {}) => {
  const { archive, findings } = packaged(files, request);
  expect(archive === undefined).toBe(findings.some(({ severity }) => severity === "error"));
  return findings.map(({ code, fault }) => `${code} ${fault.problem}`);
};

const manifestOf = (archive: { bytes: Uint8Array }): unknown =>
  JSON.parse(
    unzip(archive.bytes)
      .find(({ path }) => path === "package.json")!
      .bytes.toString(),
  );

describe("the archive of a function", () => {
  const archive = archiveOf({ "src/charge.handler.ts": HANDLER });

  it("holds the bundle and a package.json with the exact version of the framework", () => {
    expect(unzip(archive.bytes).map(({ path }) => path)).toEqual(["index.js", "package.json"]);
    expect(manifestOf(archive)).toEqual({
      name: "charge",
      version: "0.0.0",
      private: true,
      main: "index.js",
      engines: { node: ">=20" },
      dependencies: { "@google-cloud/functions-framework": expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    });
  });

  it("exports the function that the framework calls", () => {
    const module = { exports: {} as { handler?: () => unknown } };
    runInNewContext(Buffer.from(archive.code).toString(), { module, exports: module.exports, require, process });
    expect(module.exports.handler!()).toMatchObject([{ contract: { hash: contract.hash } }, undefined]);
  });
});

describe("what starts a handler", () => {
  const run = (request: Partial<PackageRequest>, more: NodeJS.ProcessEnv = {}) => {
    const { code } = archiveOf({ "src/charge.handler.ts": HANDLER }, request);
    const env = { ...more, MILLRACE_SUBSCRIPTION: "projects/p/subscriptions/s" };
    const context: Record<string, unknown> = { module: { exports: {} }, require, process: { env } };
    runInNewContext(Buffer.from(code).toString(), context);
    return context;
  };

  it("gives a service the senders that it is to understand, each once", () => {
    const { served } = run({ kind: "service", transports: ["tasks", "scheduler", "tasks"] });
    const transports = [["cloudScheduler"], ["cloudTasks"]];
    expect(served).toEqual([
      expect.objectContaining({ contract: expect.objectContaining({ hash: contract.hash }) }),
      { transports },
    ]);
  });

  it.each(["cloudEvents", "cloudEventsBatch", "workflowSteps"] as const)("lets it understand %s", (name) => {
    expect(run({ kind: "service", transports: [name] })["served"]).toMatchObject([{}, { transports: [[name]] }]);
  });

  it("asks Eventarc's last, since it takes every request for its own", () => {
    const { served } = run({
      kind: "service",
      transports: ["eventarc", "cloudEventsBatch", "workflowSteps", "cloudEvents"],
    });
    const transports = [["workflowSteps"], ["cloudEventsBatch"], ["cloudEvents"], ["eventarc"]];
    expect(served).toMatchObject([{}, { transports }]);
  });

  it("lets it tell workflows that wait, on loopback in the local environment alone", () => {
    const told = (MILLRACE_ENV: string) =>
      run({ kind: "service", transports: ["workflowCallbacks"] }, { MILLRACE_ENV })["served"];
    expect(told("prod")).toMatchObject([{}, { report: ["workflowCallbacks", { loopback: false }] }]);
    expect(told("local")).toMatchObject([{}, { report: ["workflowCallbacks", { loopback: true }] }]);
  });

  it("gives a worker its subscription, which it learns when it starts", () => {
    expect(run({ kind: "worker" })["worked"]).toMatchObject([{}, { subscription: "projects/p/subscriptions/s" }]);
  });

  it("runs one task of a job", () => {
    expect(run({ kind: "job" })["ran"]).toMatchObject([{ contract: { hash: contract.hash } }, undefined]);
  });
});

describe("the archive of a service", () => {
  const firestore = defineContract({ ...contract.spec, store: "firestore" });
  const source = handlerSource("charge", firestore.hash);
  const archive = archiveOf({ "src/charge.handler.ts": source }, { kind: "service", contract: firestore });

  it("starts index.js and needs no package", () => {
    expect(manifestOf(archive)).toMatchObject({ scripts: { start: "node index.js" } });
    expect(manifestOf(archive)).not.toHaveProperty("dependencies");
  });

  it("serves the handler with the store that its contract names", () => {
    const context = { module: { exports: {} }, require, process };
    const served: unknown = runInNewContext(`${Buffer.from(archive.code).toString()};globalThis.served`, context);
    expect(served).toMatchObject([{ contract: { hash: firestore.hash } }, { store: "firestore store" }]);
  });
});

describe("an archive's bytes", () => {
  const files = {
    "src/charge.handler.ts": `import { effect } from "../lib/effect";\nimport legacy from "legacy";\n${handlerSource("charge", contract.hash, "async () => effect(legacy)")}`,
    "lib/effect.ts": "export const effect = (of: unknown) => [of, 1 + /* the answer */ 41];\n",
    "node_modules/legacy/package.json": JSON.stringify({ name: "legacy", main: "lib/index.js" }),
    "node_modules/legacy/lib/index.js": "/*! licence of legacy */\nmodule.exports = { half: require('./half') };\n",
    "node_modules/legacy/lib/half.js": "exports.half = 0.5;\n",
  };
  const original = archiveOf(files);

  it("do not depend on the folder, its depth or the working directory", () => {
    const cwd = process.cwd();
    try {
      process.chdir("/");
      const elsewhere = archiveOf(files, {}, "another/checkout/of it");
      expect(Buffer.from(elsewhere.bytes).equals(original.bytes)).toBe(true);
      expect(elsewhere.name).toBe(original.name);
    } finally {
      process.chdir(cwd);
    }
  });

  it("do not depend on the umask or on when the files were written", () => {
    const umask = process.umask(0o077);
    try {
      const root = project({ ...RUNTIME_STAND_IN, ...files });
      for (const path of Object.keys(files)) utimesSync(join(root, path), 1, 1);
      const { archive } = packageHandler({ kind: "function", contract, entry: join(root, "src/charge.handler.ts") });
      expect(Buffer.from(archive!.bytes).equals(original.bytes)).toBe(true);
    } finally {
      process.umask(umask);
    }
  });

  it("name no absolute path", () => {
    expect(Buffer.from(original.code).toString()).not.toMatch(/\/tmp\/|\/home\/|millrace-[A-Za-z0-9]{6}/);
  });

  it.each([
    ["a comment on its own line", "// why\nexport const effect = (of: unknown) => [of, 1 + 41];\n"],
    ["a comment inside an expression", "export const effect = (of: unknown) => [of, /* one */ 1 + /* more */ 41];\n"],
    ["types and white space", "export const effect = (of: object): unknown[] =>\n  [of, 1 + 41];\n\n"],
  ])("stay the same when only %s changes", (_, source) => {
    expect(archiveOf({ ...files, "lib/effect.ts": source }).name).toBe(original.name);
  });

  it("change with the code", () => {
    const changed = archiveOf({ ...files, "lib/effect.ts": "export const effect = (of: unknown) => [of, 43];\n" });
    expect(changed.name).not.toBe(original.name);
  });

  it("become fewer when minified, and functions keep their names", () => {
    const named = { "src/charge.handler.ts": handlerSource("charge", contract.hash, "async function chargeCard() {}") };
    const [plain, minified] = [archiveOf(named), archiveOf(named, { minify: true })];
    expect(minified.code.length).toBeLessThan(plain.code.length);
    expect(Buffer.from(minified.code).toString()).toContain('"chargeCard"');
  });
});

describe("packaging an entry twice in a process", () => {
  it("bundles once, and again after the source was written", () => {
    const root = project({ ...RUNTIME_STAND_IN, "src/charge.handler.ts": HANDLER });
    const entry = join(root, "src/charge.handler.ts");
    const first = packageHandler({ kind: "function", contract, entry });
    expect(packageHandler({ kind: "function", contract, entry })).toBe(first);
    write(entry, handlerSource("charge", contract.hash, "async () => 'changed since'"));
    expect(packageHandler({ kind: "function", contract, entry }).archive!.name).not.toBe(first.archive!.name);
  });
});

describe("packaging refuses", () => {
  it("an entry that does not exist, and names the file that was probably meant", () => {
    const root = project({ ...RUNTIME_STAND_IN, "src/charge.handler.ts": HANDLER });
    const { findings } = packageHandler({ kind: "function", contract, entry: join(root, "src/charg.handler.ts") });
    expect(findings).toMatchObject([
      {
        code: "MR1401",
        fault: { problem: "there is no file src/charg.handler.ts", want: join(root, "src/charge.handler.ts") },
      },
    ]);
  });

  it("an entry that does not parse or imports what is not there, one finding per fault", () => {
    expect(codesOf({ "src/charge.handler.ts": "export default {" })).toEqual([
      "MR1402 src/charge.handler.ts does not bundle: src/charge.handler.ts:1:17 Expected identifier but found end of file",
    ]);
    expect(codesOf({ "src/charge.handler.ts": `import "absent"; import "./nowhere"; ${HANDLER}` })).toEqual([
      'MR1402 src/charge.handler.ts does not bundle: src/charge.handler.ts:1:8 Could not resolve "absent"',
      'MR1402 src/charge.handler.ts does not bundle: src/charge.handler.ts:1:25 Could not resolve "./nowhere"',
    ]);
  });

  it.each([
    ["no default export", "export const handler = 1;\n"],
    ["a default export of another make", "export default async () => undefined;\n"],
  ])("an entry with %s", (_, source) => {
    expect(codesOf({ "src/charge.handler.ts": source })).toEqual([
      "MR1403 the default export of src/charge.handler.ts was not made by defineHandler",
    ]);
  });

  it("a handler of another contract, or of another version of it", () => {
    expect(codesOf({ "src/charge.handler.ts": handlerSource("refund", "0".repeat(64)) })).toEqual([
      'MR1404 src/charge.handler.ts handles contract "refund", the construct was given "charge"',
    ]);
    expect(codesOf({ "src/charge.handler.ts": handlerSource("charge", "0".repeat(64)) })).toEqual([
      'MR1404 src/charge.handler.ts handles another version of contract "charge" than the construct was given',
    ]);
  });

  it("a module that throws while it is loaded, and says how", () => {
    expect(codesOf({ "src/charge.handler.ts": `${HANDLER}throw new TypeError("no credentials");\n` })).toEqual([
      "MR1405 src/charge.handler.ts fails while it is loaded: TypeError: no credentials",
    ]);
    expect(codesOf({ "src/charge.handler.ts": `process.exit(3);\n${HANDLER}` })).toEqual([
      "MR1405 src/charge.handler.ts fails while it is loaded: it ended with code 3 and described nothing",
    ]);
  });

  it("an external package that is not installed, or that a service could not install", () => {
    const files = { "src/charge.handler.ts": `import "native";\n${HANDLER}` };
    const native = { "node_modules/native/package.json": '{"version":"1.2.3"}', "node_modules/native/index.js": "" };
    expect(codesOf(files, { external: ["native"] })).toContain(
      'MR1406 package "native" is external, but not installed beside src/charge.handler.ts',
    );
    expect(codesOf({ ...files, ...native }, { external: ["native"], kind: "service" })).toEqual([
      'MR1408 package "native" is external, but a mounted service has no packages',
    ]);
    const archive = archiveOf({ ...files, ...native }, { external: ["native"] });
    expect(manifestOf(archive)).toMatchObject({ dependencies: { native: "1.2.3" } });
  });
});

describe("packaging warns", () => {
  it("of what the bundler finds doubtful, and packages all the same", () => {
    const source = `export const here = import.meta.url;\n${HANDLER}`;
    expect(codesOf({ "src/charge.handler.ts": source })).toEqual([
      expect.stringMatching(/^MR1407 src\/charge\.handler\.ts:1:21 "import\.meta" is not available/),
    ]);
  });

  it("of nothing in a package that is linked from elsewhere", () => {
    const linked = project({
      "package.json": JSON.stringify({ name: "linked", exports: "./index.mjs" }),
      "index.mjs": "export const here = import.meta.url;\n",
    });
    const root = project({ ...RUNTIME_STAND_IN, "charge.handler.ts": `import "linked";\n${HANDLER}` });
    symlinkSync(linked, join(root, "node_modules/linked"));
    const { findings } = packageHandler({ kind: "function", contract, entry: join(root, "charge.handler.ts") });
    expect(findings).toEqual([]);
  });

  it("of nothing when a module logs while it is loaded", () => {
    expect(codesOf({ "src/charge.handler.ts": `console.log("starting");\n${HANDLER}` })).toEqual([]);
  });
});
