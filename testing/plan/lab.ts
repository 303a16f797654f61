import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Manifest } from "cdktf";
import type { IConstruct } from "constructs";
import type { Json } from "../../contract/json";
import { prepareWorkspace, workspaceOf } from "../../local/provider/door/workspace";
import { createResources, type Resources } from "../../local/provider/resources";
import { providerSchemas, valueTypes } from "../../local/provider/schema/all";
import { startProviderServer } from "../../local/provider/server";
import { projectNumbers } from "../../local/plan/project-number";
import { readStacks, section, type StackDocument } from "../../local/plan/read";
import type { ChangeJson } from "./changes";
import type { Attributes } from "./resource";
import { stacksOf } from "./synthesized";
import { terraform } from "./terraform";

/** What `terraform show -json` says of a plan, as far as it is read here. */
export interface PlanJson {
  readonly resource_changes?: readonly ChangeJson[];
  readonly output_changes?: Readonly<Record<string, ChangeJson["change"]>>;
}

/** Terraform refused; the message has its errors, with addresses. */
export class PlanRefused extends Error {
  constructor(
    what: string,
    /** All that Terraform said. */
    readonly said: string,
  ) {
    super(`${what}\n${said.slice(Math.max(0, said.search(/^Error: /m))).trim()}`);
    this.name = "PlanRefused";
  }
}

export interface LabOptions {
  /** Values of the stack's Terraform variables. @default none: each has its default */
  readonly variables?: Readonly<Record<string, Json>>;
  /** Refuses types that the engine does not simulate. @default false */
  readonly strict?: boolean;
}

/**
 * A place in which stacks are applied and planned by the real Terraform against an imagined project: nothing of it
 * reaches Google, the user's files or the next test.
 */
export interface Lab {
  /** @throws PlanRefused; IssuesError with what is wrong in the app */
  plan(app: IConstruct): Promise<PlanJson>;
  /** @throws PlanRefused; IssuesError with what is wrong in the app */
  apply(app: IConstruct): Promise<void>;
  close(): void;
}

/** @param stack id of the stack that is planned and applied */
export function openLab(stack: string, options: LabOptions = {}): Lab {
  const folder = mkdtempSync(join(tmpdir(), "millrace-plan-"));
  const stateDir = join(folder, "state");
  const schemas = providerSchemas();
  const projects = new Map<string, Resources>();
  const resourcesOf = (of: string) => {
    const resources = projects.get(of) ?? createResources({ typeOf: valueTypes(schemas) });
    projects.set(of, resources);
    return resources;
  };
  let synths = 0;

  async function within<T>(
    documents: readonly StackDocument[],
    run: (terraform: (...args: readonly string[]) => Promise<string>) => Promise<T>,
  ): Promise<T> {
    const document = documents.at(-1)!;
    const resources = resourcesOf(document.stack);
    prepareWorkspace(documents, stateDir);
    const { directory, settings } = workspaceOf(stateDir, document.stack);
    const server = await startProviderServer({
      stack: document.stack,
      directory: document.directory,
      projectNumber: projectNumbers(documents),
      resources,
      types: new Set([...typesIn(document), ...resources.list().map(({ type }) => type)]),
      strict: options.strict ?? false,
    });
    try {
      const variables = {
        ...server.environment,
        TF_CLI_CONFIG_FILE: settings,
        ...(document.stack === stack && variablesOf(options.variables)),
      };
      const command = async (...args: readonly string[]) => {
        const { code, stdout, text } = await terraform(args, directory, variables);
        if (code !== 0) throw new PlanRefused(`terraform ${args[0]} refuses ${document.stack}:`, text);
        return stdout;
      };
      if (!existsSync(join(directory, ".terraform"))) await command("init");
      return await run(command);
    } finally {
      await server.close();
    }
  }

  const applied = (documents: readonly StackDocument[]) =>
    within(documents, async (command) => void (await command("apply", "-auto-approve")));

  /** Writes an app and brings what its stack reads from other stacks into being. */
  async function prepared(app: IConstruct): Promise<readonly StackDocument[]> {
    const outDir = join(folder, `synth-${synths++}`);
    writeStacks(app, outDir);
    const documents = readStacks(outDir, stack);
    for (const document of documents.slice(0, -1)) await applied(readStacks(outDir, document.stack));
    return documents;
  }

  return {
    apply: async (app) => applied(await prepared(app)),
    plan: async (app) =>
      within(await prepared(app), async (command) => {
        await command("plan", "-out=plan");
        return JSON.parse(await command("show", "-json", "plan")) as PlanJson;
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Writes the stacks of an app as `synth` does, wherever the app itself would put them. */
function writeStacks(app: IConstruct, outdir: string): void {
  const stacks = stacksOf(app);
  mkdirSync(outdir, { recursive: true });
  const manifest = new Manifest("0.0.0", outdir, false);
  for (const stack of stacks) stack.prepareStack();
  for (const stack of stacks) stack.synthesizer.synthesize({ outdir, skipValidation: false, manifest });
}

const typesIn = ({ json }: StackDocument): readonly string[] =>
  ["resource", "data"].flatMap((kind) => Object.keys(section(json, kind)));

const variablesOf = (variables: Attributes = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      `TF_VAR_${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
