import type { Issue } from "../../../contract/issue";
import { issue } from "../../plan/issues";
import { section, type StackDocument } from "../../plan/read";
import type { ProviderSchema } from "../schema/provider-schema";

/**
 * A stack that asks for other releases of the providers than the ones whose schema is served. Terraform does not look at
 * the version of a provider that it is attached to, and would plan with arguments that the real one has not.
 */
export function versionIssues(document: StackDocument, schemas: readonly ProviderSchema[]): readonly Issue[] {
  const required = section(section(document.json, "terraform"), "required_providers");
  return Object.keys(required).flatMap((name) => {
    const { source, version } = section(required, name);
    if (typeof version !== "string") return [];
    const schema = schemas.find((one) => one.source === fullAddress(typeof source === "string" ? source : name));
    if (!schema || satisfies(schema.version, version)) return [];
    const problem = `the stack asks for ${name} ${version}, and plans are made here as ${schema.version} makes them`;
    return [issue("MR4304", document.stack, problem, `set the version of ${name} to ${schema.version}`)];
  });
}

/** `google` and `hashicorp/google` as Terraform completes them. */
function fullAddress(source: string): string {
  const parts = source.toLowerCase().split("/");
  return [...["registry.terraform.io", "hashicorp"].slice(0, 3 - parts.length), ...parts].join("/");
}

type Version = readonly [major: number, minor: number, patch: number];

/** Whether a release fits a constraint: https://developer.hashicorp.com/terraform/language/expressions/version-constraints */
function satisfies(release: string, constraint: string): boolean {
  const own = numbers(release);
  return constraint.split(",").every((one) => {
    const [, operator = "=", text] = /^\s*(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+){0,2})\s*$/.exec(one) ?? [];
    // A pre-release, or no constraint at all: Terraform says what it thinks of it.
    if (text === undefined) return true;
    const wanted = numbers(text);
    const order = compare(own, wanted);
    switch (operator) {
      case "=":
        return order === 0;
      case "!=":
        return order !== 0;
      case ">=":
        return order >= 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      case "<":
        return order < 0;
      default: {
        // `~> 6.5` lets the last number named grow, and no other: below 7.
        const fixed = text.split(".").length - 1;
        return order >= 0 && own.slice(0, fixed).every((number, i) => number === wanted[i]);
      }
    }
  });
}

function numbers(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map(Number);
  return [major, minor, patch];
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
