import { IssuesError } from "../contract/issue";
import { listStacks, readStacks } from "../local/plan/read";

/**
 * The stack a command is about: the one named, the only one there is, or the only one of the local environment.
 * @param preferLocal whether the command is about this machine
 * @throws IssuesError MR4001 without synthesized output, MR5002 when several could be meant
 */
export function chooseStack(outDir: string, named: string | undefined, preferLocal = true): string {
  if (named !== undefined) return named;
  const stacks = listStacks(outDir);
  const local = preferLocal ? stacks.filter((stack) => stack.endsWith("-local")) : [];
  const [only, second] = stacks.length === 1 ? stacks : local;
  if (only !== undefined && second === undefined) return only;
  const problem = `${outDir} holds several stacks and none was named: ${stacks.join(", ")}`;
  throw new IssuesError([
    { code: "MR5002", severity: "error", path: "millrace", problem, fix: "name one of them after the command" },
  ]);
}

/**
 * The stacks a command is about, each after those whose outputs it uses.
 * @param named none: as `chooseStack`
 * @param all every stack of the local environment; of all environments, where there is no local one
 * @throws IssuesError as `chooseStack`, and MR4001–MR4012 for what cannot be read
 */
export function chooseStacks(outDir: string, named: readonly string[], all: boolean): readonly string[] {
  const stacks = all ? listStacks(outDir) : named;
  const local = stacks.filter((stack) => stack.endsWith("-local"));
  const wanted = all && local.length > 0 ? local : stacks;
  if (wanted.length < 2) return [chooseStack(outDir, wanted[0])];
  const ordered = wanted.flatMap((stack) => readStacks(outDir, stack).map((document) => document.stack));
  return [...new Set(ordered)].filter((stack) => wanted.includes(stack));
}
