import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files of a project by relative path. */
export type Files = Readonly<Record<string, string>>;

/** A project folder on disk that disappears after the test file. */
export function project(files: Files, below = "project"): string {
  const scratch = mkdtempSync(join(tmpdir(), "millrace-"));
  scratches.push(scratch);
  const root = join(scratch, below);
  for (const [path, content] of Object.entries(files)) write(join(root, path), content);
  return root;
}

export function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const scratches: string[] = [];
afterAll(() => {
  for (const scratch of scratches) rmSync(scratch, { recursive: true, force: true });
});

/** Just enough of the runtime's surface for a bundle to be made of it: what packaging imports, doing nothing. */
export const RUNTIME_STAND_IN: Files = {
  "package.json": JSON.stringify({ name: "app", private: true }),
  "node_modules/millrace/package.json": JSON.stringify({
    name: "millrace",
    sideEffects: false,
    exports: {
      "./runtime": "./runtime.mjs",
      "./runtime/functions": "./functions.mjs",
      "./runtime/firestore": "./firestore.mjs",
      "./runtime/transports": "./transports.mjs",
      "./runtime/pull": "./pull.mjs",
      "./runtime/job": "./job.mjs",
      "./runtime/redrive": "./redrive.mjs",
    },
  }),
  "node_modules/millrace/runtime.mjs":
    "export const defineHandler = (contract, fn) => ({ contract, fn });\n" +
    "export const serve = (handler, options) => { globalThis.served = [handler, options]; };\n",
  "node_modules/millrace/functions.mjs": "export const toFunction = (handler, options) => () => [handler, options];\n",
  "node_modules/millrace/pull.mjs":
    "export const work = (handler, options) => { globalThis.worked = [handler, options]; };\n",
  "node_modules/millrace/job.mjs":
    "export const runJob = (handler, options) => { globalThis.ran = [handler, options]; };\n",
  "node_modules/millrace/redrive.mjs":
    "export const runRedrive = (handler, options) => { globalThis.redriven = [handler, options]; };\n",
  "node_modules/millrace/transports.mjs":
    ["cloudTasks", "cloudScheduler", "cloudEvents", "cloudEventsBatch", "workflowSteps", "workflowCallbacks"]
      .map((name) => `export const ${name} = (...given) => [${JSON.stringify(name)}, ...given];\n`)
      .join("") + 'export const eventarc = () => ["eventarc"];\n',
  "node_modules/millrace/firestore.mjs": 'export const firestoreStore = () => "firestore store";\n',
};

/** A contract module in plain JavaScript that names its hash outright, so that no schema library is needed. */
export const handlerSource = (name: string, hash: string, body = "async () => undefined") =>
  `import { defineHandler } from "millrace/runtime";\n` +
  `export default defineHandler({ manifest: { name: ${JSON.stringify(name)} }, hash: ${JSON.stringify(hash)} }, ${body});\n`;
