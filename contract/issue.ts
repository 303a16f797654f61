import type { Code } from "./codes";

/** How bad an issue is: an error stops the command, a warning is shown and can be acknowledged. */
export type Severity = "error" | "warning";

/**
 * One thing that is wrong, as data. It becomes text only where a person reads it (`renderIssue`), and the same object
 * is what `--json` prints.
 */
export interface Issue {
  readonly code: Code;
  readonly severity: Severity;
  /** Where: a construct path (`webhooks-dev/Pushes/Subscription`), a file position (`environments/dev.yaml:12:5`), a resource address. */
  readonly path: string;
  /** What is wrong and what follows from it, one lower-case sentence without a full stop. */
  readonly problem: string;
  /** What to do, in the imperative. */
  readonly fix: string;
  readonly got?: string;
  readonly want?: string;
}

/** The page and anchor that explain a code. */
export const docsOf = (code: string): string => `docs/errors.md#${code.toLowerCase()}`;

/** The fix as a sentence of its own; "did you mean …?" ends by itself. */
export const fixSentence = ({ fix }: Pick<Issue, "fix">): string => (fix.endsWith("?") ? fix : `${fix}.`);

/** One line for the person at the terminal. */
export function renderIssue(issue: Issue): string {
  return `${issue.code} ${issue.path}: ${issue.problem}. ${fixSentence(issue)} ${docsOf(issue.code)}`;
}

/** Carries every issue found, so that all of them are reported at once. */
export class IssuesError extends Error {
  constructor(readonly issues: readonly Issue[]) {
    super(issues.map(renderIssue).join("\n"));
    this.name = "IssuesError";
  }
}
