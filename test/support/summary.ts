import type { Attributes } from "./synth";

/**
 * A plan as lines, `type.name attribute.path = value`, so that a snapshot shows what a change does to it. What follows
 * from the sources (hashes of archives and contracts) and what only orders the apply is left out, and so are grants, which
 * the report of a stack shows better.
 */
export function summaryOf(plan: Attributes): readonly string[] {
  const resources = Object.entries((plan["resource"] ?? {}) as Record<string, Record<string, Attributes>>);
  return resources
    .filter(([type]) => !type.endsWith("_iam_member"))
    .flatMap(([type, byName]) =>
      Object.entries(byName).flatMap(([name, attributes]) => linesOf(`${type}.${name}`, "", attributes)),
    )
    .map(redacted)
    .sort();
}

/** The same for every resource of a stack, or held by the tests of the construct that sets it. */
const LEFT_OUT = new Set([
  "//",
  "depends_on",
  "project",
  "location",
  "user_labels",
  "conditions",
  "documentation",
  "dashboard_json",
]);

function linesOf(address: string, path: string, value: unknown): readonly string[] {
  if (value !== null && typeof value === "object" && Object.keys(value).length > 0)
    return Object.entries(value)
      .filter(([key]) => !LEFT_OUT.has(key))
      .flatMap(([key, inner]) => linesOf(address, path === "" ? key : `${path}.${key}`, inner));
  return [`${address} ${path} = ${JSON.stringify(value)}`];
}

const redacted = (line: string): string =>
  line.replace(/\b[0-9a-f]{64}\b/g, "<sha256>").replace(/-[0-9a-f]{16}\.(zip|cjs)\b/g, "-<hash>.$1");

/** The same lines with each address said once. */
export function grouped(lines: readonly string[]): string {
  let last = "";
  return lines
    .map((line) => {
      const [address, rest] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
      const head = address === last ? "" : `${address}\n`;
      last = address;
      return `${head}  ${rest}`;
    })
    .join("\n");
}
