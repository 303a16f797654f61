import { type Fidelity, fidelityIssues } from "../../local/engine/adapters";
import { loadSystem } from "../../local/engine/load";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";

/** `millrace fidelity`: what of a stack happens here. Needs no engine. */
export async function fidelity(
  stack: string | undefined,
  options: CommonOptions & { readonly strict?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const { fidelity } = loadSystem(options.out, chosen).system;
  if (options.json) terminal.out(JSON.stringify({ schemaVersion: 1, stack: chosen, resources: fidelity }));
  else for (const line of report(fidelity, terminal)) terminal.out(line);
  return options.strict && fidelityIssues(fidelity).length > 0 ? EXIT.findings : EXIT.ok;
}

const LEVELS: readonly (readonly [Fidelity["level"], string])[] = [
  ["runs", "runs: the engine acts on it"],
  ["stored", "stored: references to it resolve, nothing of it happens"],
  ["unknown", "not simulated: its computed values are stand-ins, nothing of it happens"],
];

/** Types with their numbers, and every argument that is not acted on; `--json` has each resource. */
function report(fidelity: readonly Fidelity[], { paint: c }: Terminal): string[] {
  return LEVELS.flatMap(([level, title]) => {
    const group = fidelity.filter((one) => one.level === level);
    if (group.length === 0) return [];
    const rows = countTypes(group).map(([type, count]) => [`  ${type}`, String(count)]);
    const ignored = group.flatMap(({ address, ignored }) => ignored.map((path) => `${address}.${path}`));
    return [
      c.bold(`${title} (${group.length})`),
      ...columns(rows),
      ...ignored.map((path) => `  ${c.yellow("not acted on:")} ${path}`),
    ];
  });
}

/** Number of resources by type, in the order of the types. */
export function countTypes(fidelity: readonly Fidelity[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { type } of fidelity) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
