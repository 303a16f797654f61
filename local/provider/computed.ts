import type { Issue } from "../../contract/issue";
import { docsOf } from "../../contract/issue";
import { adapterOf } from "../engine/adapters";
import { readerOf } from "../engine/adapters/adapter";
import type { ResourceConfig } from "../plan/plan";
import type { Attributes } from "../plan/values";
import type { Diagnostic } from "./planner/diagnostic";
import type { Settings } from "./planner/settings";
import { toJson } from "./values/convert";
import type { ObjectValue } from "./values/value";

/** Where resources belong: what an adapter must know beside the resource itself. */
export interface Surroundings {
  readonly stack: string;
  /** Absolute folder at which relative paths of the configuration start. */
  readonly directory: string;
  /** The project's number, which no plan carries as such. */
  readonly projectNumber: (project: string) => string;
}

/** A resource or data source as the provider has it before it exists. */
export interface Wanted {
  readonly mode: "managed" | "data";
  readonly type: string;
  /** Stands for the address, which Terraform keeps to itself. */
  readonly name: string;
  readonly values: ObjectValue;
  readonly settings: Settings;
}

export interface Computed {
  /** Undefined when the engine has no adapter for the type. */
  readonly attributes: Attributes | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What Google and the provider would add, by the engine's adapters. */
export function computedOf({ mode, type, name, values, settings }: Wanted, surroundings: Surroundings): Computed {
  const adapter = adapterOf({ mode, type });
  if (!adapter) return { attributes: undefined, diagnostics: [] };
  const issues: Issue[] = [];
  const config = toJson(values) as Attributes;
  const { stack, directory, projectNumber } = surroundings;
  const resource: ResourceConfig = {
    mode,
    type,
    address: `${type}.${name}`,
    stack,
    directory,
    config,
    provider: settings.attributes,
  };
  const attributes = adapter.computed(
    readerOf(resource, config, { projectNumber, report: (issue) => void issues.push(issue) }),
  );
  return { attributes, diagnostics: issues.map(diagnosticOf) };
}

/** An issue as Terraform shows it. */
export const diagnosticOf = ({
  code,
  severity,
  problem,
  fix,
}: Pick<Issue, "code" | "severity" | "problem" | "fix">): Diagnostic => ({
  severity,
  summary: `${code}: ${problem}`,
  detail: `${fix}. ${docsOf(code)}`,
});
