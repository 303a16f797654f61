import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProviderServer, type ProviderServerOptions, startProviderServer } from "../../local/provider/server";
import { project } from "./project";
import type { Attributes } from "./synth";

export interface Run {
  readonly code: number | null;
  /** What was said on both streams, white space in single blanks: Terraform wraps lines. */
  readonly text: string;
}

/** A stack in a folder of its own, with its state there, and the local provider to plan and apply it. */
export interface Workspace {
  readonly server: ProviderServer;
  readonly folder: string;
  readonly terraform: (...args: readonly string[]) => Promise<Run>;
  /** The plan, as `terraform show -json` has it. */
  readonly plan: (...args: readonly string[]) => Promise<Attributes>;
  /** Replaces the document. */
  readonly write: (json: Attributes) => void;
}

const children = new Set<ReturnType<typeof spawn>>();
const servers: ProviderServer[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(servers.map((server) => server.close()));
});

/**
 * @param source the document, or a folder with one and the archives it names
 * @param options of the server; by default it serves the schema of the types that the document names
 * @param variables for Terraform's environment
 */
export async function workspace(
  source: string | Attributes,
  options: Partial<ProviderServerOptions> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<Workspace> {
  const folder = project({}, "stack");
  const write = (json: Attributes) => writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(json, null, 2));
  mkdirSync(folder, { recursive: true });
  if (typeof source === "string") cpSync(source, folder, { recursive: true });
  else write(source);
  // Whatever backend the document names, the state of a test stays in its folder.
  const backend = { local: { path: "terraform.LOCAL.tfstate" } };
  writeFileSync(join(folder, "backend_override.tf.json"), JSON.stringify({ terraform: { backend } }));
  const types = options.types ?? typesOf(JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as Attributes);
  const server = await startProviderServer({ stack: "test", directory: folder, ...options, types });
  servers.push(server);
  const terraform = (...args: readonly string[]) => run(folder, { ...server.environment, ...variables }, args);
  return {
    server,
    folder,
    terraform,
    write,
    async plan(...args) {
      const planned = await terraform("plan", "-input=false", "-out=plan", ...args);
      if (planned.code !== 0) throw new Error(planned.text);
      return JSON.parse((await terraform("show", "-json", "plan")).text) as Attributes;
    },
  };
}

const typesOf = (json: Attributes): ReadonlySet<string> =>
  new Set([json["resource"], json["data"]].flatMap((section) => Object.keys((section ?? {}) as Attributes)));

function run(cwd: string, environment: Readonly<Record<string, string>>, args: readonly string[]): Promise<Run> {
  const { PATH, HOME, GOGC } = process.env;
  // Nothing of the user's own settings reaches Terraform.
  const env = {
    PATH,
    HOME,
    GOGC,
    CHECKPOINT_DISABLE: "1",
    TF_IN_AUTOMATION: "1",
    TF_CLI_ARGS: "-no-color",
    ...environment,
  };
  return new Promise((resolve, reject) => {
    const child = spawn("terraform", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    const output: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      children.delete(child);
      resolve({ code, text: output.join("").replace(/[\s│╷╵]+/g, " ") });
    });
  });
}

/** `create google_pubsub_topic.orders` per resource that a plan changes. */
export const actionsOf = (plan: Attributes): readonly string[] =>
  ((plan["resource_changes"] ?? []) as readonly Attributes[])
    .filter(({ change }) => change.actions.join() !== "no-op")
    .map(({ address, change }) => `${(change.actions as readonly string[]).join("/")} ${address}`)
    .sort();

export const readState = (folder: string): Attributes =>
  JSON.parse(readFileSync(join(folder, "terraform.LOCAL.tfstate"), "utf8")) as Attributes;
