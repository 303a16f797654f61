import { IssuesError } from "../contract/issue";
import { listStacks } from "../local/plan/read";

/**
 * The stack a command is about: the one named, the only one there is, or the only one of the local environment.
 * @throws IssuesError MR4001 without synthesized output, MR5002 when several could be meant
 */
export function chooseStack(outDir: string, named: string | undefined): string {
  if (named !== undefined) return named;
  const stacks = listStacks(outDir);
  const local = stacks.filter((stack) => stack.endsWith("-local"));
  const [only, second] = stacks.length === 1 ? stacks : local;
  if (only !== undefined && second === undefined) return only;
  const problem = `${outDir} holds several stacks and none was named: ${stacks.join(", ")}`;
  throw new IssuesError([
    { code: "MR5002", severity: "error", path: "millrace", problem, fix: "name one of them after the command" },
  ]);
}
