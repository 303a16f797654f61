import type { Code } from "../contract/codes";
import { docsOf, fixSentence, type Issue, IssuesError } from "../contract/issue";
import type { Terminal } from "./terminal";

/** Exit codes; documented in docs/cli.md and part of the interface. */
export const EXIT = { ok: 0, findings: 1, usage: 2, environment: 3, internal: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes that say something other than "the plan or the code has a fault". */
const EXITS: Partial<Record<Code, ExitCode>> = {
  MR4001: EXIT.environment,
  MR4002: EXIT.usage,
  MR4018: EXIT.environment,
  MR4450: EXIT.environment,
  MR4101: EXIT.environment,
  MR4102: EXIT.environment,
  MR4104: EXIT.environment,
  MR4105: EXIT.environment,
  MR4106: EXIT.environment,
  MR4107: EXIT.environment,
  MR4108: EXIT.environment,
  MR4302: EXIT.environment,
  MR4303: EXIT.environment,
  MR4305: EXIT.usage,
  MR5001: EXIT.usage,
  MR5002: EXIT.usage,
  MR5003: EXIT.environment,
  MR5004: EXIT.internal,
  MR5007: EXIT.environment,
  MR5008: EXIT.environment,
  MR5009: EXIT.environment,
  MR5010: EXIT.environment,
  MR5005: EXIT.environment,
  MR5006: EXIT.usage,
  MR4306: EXIT.usage,
  MR6104: EXIT.environment,
};

/** The exit code of a list of issues: the first error that is more than a finding decides. */
export const exitOf = (issues: readonly Issue[]): ExitCode =>
  issues.map(({ code }) => EXITS[code]).find((exit) => exit !== undefined) ?? EXIT.findings;

/** An issue for a person: what and where, then what to do, then where it is explained. */
export function issueLines(issue: Issue, terminal: Terminal): string[] {
  const { code, severity, path, problem } = issue;
  const { paintErr: c, unicode } = terminal;
  const mark = severity === "error" ? c.red(unicode ? "✖" : "x") : c.yellow(unicode ? "⚠" : "!");
  return [`${mark} ${c.bold(code)} ${path}: ${problem}`, `  ${fixSentence(issue)} ${c.dim(docsOf(code))}`];
}

export function printIssues(issues: readonly Issue[], terminal: Terminal): void {
  for (const issue of issues) for (const line of issueLines(issue, terminal)) terminal.err(line);
}

export interface FailureOptions {
  /** One JSON document on stdout instead of lines on stderr. */
  readonly json?: boolean;
  /** Adds the stack trace. */
  readonly debug?: boolean;
}

/** Reports what stopped a command and returns its exit code. */
export function reportFailure(error: unknown, terminal: Terminal, { json, debug }: FailureOptions): ExitCode {
  const issues = error instanceof IssuesError ? error.issues : [bug(error)];
  if (json) terminal.out(JSON.stringify({ schemaVersion: 1, issues }));
  else printIssues(issues, terminal);
  if (debug && error instanceof Error) terminal.err(error.stack ?? error.message);
  return exitOf(issues);
}

const bug = (error: unknown): Issue => ({
  code: "MR5004",
  severity: "error",
  path: "millrace",
  problem: `an unexpected error: ${error instanceof Error ? error.message : String(error)}`,
  fix: "run the command again with --debug and report what it prints",
});

/** An error of the command line itself. */
export const usage = (path: string, problem: string, fix: string): IssuesError =>
  new IssuesError([{ code: "MR5001", severity: "error", path, problem, fix }]);
