import type { Code } from "../../contract/codes";
import type { Issue } from "../../contract/issue";

/** An issue of a plan; an error unless it says otherwise. */
export const issue = (
  code: Code,
  path: string,
  problem: string,
  fix: string,
  more: Partial<Pick<Issue, "severity" | "got" | "want">> = {},
): Issue => ({ code, severity: "error", path, problem, fix, ...more });

/** `did you mean "x"`, or the whole choice when nothing is near. */
export const suggest = (near: string | undefined, choices: readonly string[], nothing: string): string => {
  if (near !== undefined) return `did you mean "${near}"`;
  return choices.length > 0 ? `choose one of ${choices.join(", ")}` : nothing;
};
