import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { statePaths } from "../../engine/paths";
import { producerOf, section, type StackDocument } from "../../plan/read";
import { type Attributes, isObject } from "../../plan/values";

/** Folder in which Terraform runs on a stack: everything it writes stays here, apart from the user's own. */
export interface Workspace {
  /** Absolute. */
  readonly directory: string;
  /** Settings of Terraform itself: none. */
  readonly settings: string;
}

const STATE = "terraform.LOCAL.tfstate";
/** What Terraform was last initialized for. */
const INITIALIZED = "initialized.LOCAL.json";

/** @param stateDir usually `.millrace` */
export function workspaceOf(stateDir: string, stack: string): Workspace {
  const directory = dirname(statePaths(stateDir, stack).applied);
  return { directory, settings: join(directory, "settings.LOCAL.tfrc") };
}

/**
 * Writes what Terraform is to read: the document with its state and the states of other stacks moved into their
 * workspaces, and the rest of the stack's folder by links, since expressions may read files.
 * @param documents as `readStacks` returns them; the last is the stack itself
 */
export function prepareWorkspace(documents: readonly StackDocument[], stateDir: string): void {
  const document = documents.at(-1)!;
  const workspace = workspaceOf(stateDir, document.stack);
  mkdirSync(workspace.directory, { recursive: true });
  for (const entry of readdirSync(workspace.directory, { withFileTypes: true }))
    if (entry.isSymbolicLink()) rmSync(join(workspace.directory, entry.name));
  for (const entry of readdirSync(document.directory))
    if (!isTerraforms(entry))
      symlinkSync(join(document.directory, entry), join(workspace.directory, entry), "junction");
  writeFileSync(workspace.settings, "");
  const json = localized(document, documents, stateDir);
  writeFileSync(join(workspace.directory, "cdk.tf.json"), `${JSON.stringify(json, null, 2)}\n`);
}

/**
 * Runs Terraform's `init` unless the folder has been initialized for just this: it depends on the providers and the
 * backend that the document names, and on modules, which may name anything.
 * @param init @returns its exit code
 * @returns the exit code; 0 when there was nothing to do
 */
export async function initialized({ json }: StackDocument, { directory }: Workspace, init: () => Promise<number>) {
  const file = join(directory, INITIALIZED);
  const wanted = JSON.stringify({ terraform: json["terraform"], provider: Object.keys(section(json, "provider")) });
  const isDone =
    json["module"] === undefined &&
    existsSync(join(directory, ".terraform", "terraform.tfstate")) &&
    existsSync(file) &&
    readFileSync(file, "utf8") === wanted;
  if (isDone) return 0;
  const code = await init();
  if (code === 0) writeFileSync(file, wanted);
  return code;
}

/** Configuration, which is written anew, and what earlier runs of Terraform in the user's folder have left. */
const isTerraforms = (name: string): boolean => /\.tf(\.json)?$|^\.terraform|\.tfstate/.test(name);

function localized(document: StackDocument, documents: readonly StackDocument[], stateDir: string): Attributes {
  const { json } = document;
  const names = documents.map(({ stack }) => stack);
  const load = (stack: string) => documents.find((one) => one.stack === stack)!;
  const states = Object.entries(section(json["data"], "terraform_remote_state")).map(([name, body]) => {
    const path = join(workspaceOf(stateDir, producerOf(name, body, names, load)!.stack).directory, STATE);
    return [name, { ...(isObject(body) && body), backend: "local", config: { path } }] as const;
  });
  const data = { ...section(json, "data"), terraform_remote_state: Object.fromEntries(states) };
  // Both say where the state is.
  const { cloud: _cloud, backend: _backend, ...terraform } = section(json, "terraform");
  return {
    ...json,
    terraform: { ...terraform, backend: { local: { path: STATE } } },
    ...(states.length > 0 && { data }),
  };
}
