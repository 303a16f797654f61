import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { codes, type Code } from "../../contract/codes";
import { type Issue, IssuesError, renderIssue, type Severity } from "../../contract/issue";

/** What a rule found: the problem, and whatever is known better here than in the table of codes. */
export interface Fault {
  readonly problem: string;
  /** @default the fix of the code's entry */
  readonly fix?: string;
  readonly got?: string;
  readonly want?: string;
}

/** A line of a construct's table of checks. */
export interface Rule<Input> {
  readonly code: Code;
  /** @default "error" */
  readonly severity?: Severity;
  /** What is wrong with the input; nothing when the rule holds or a value is not known at synth. */
  readonly fault: (input: Input) => Fault | false | undefined;
}

/** Says that a warning is known and accepted for everything below a construct. */
export interface Acknowledgement {
  readonly code: Code;
  /** Why the warning does not matter here; kept beside the warning in reports. */
  readonly reason: string;
  /** The warning need not occur: in another environment it does. @default false: accepting nothing is a warning itself */
  readonly mayBeAbsent?: boolean;
}

/** An issue somebody has accepted. */
export interface AcknowledgedIssue extends Issue {
  readonly reason: string;
}

/** What an app's issues come to. */
export interface Findings {
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
  readonly acknowledged: readonly AcknowledgedIssue[];
}

interface Ledger {
  readonly issues: Issue[];
  readonly deferred: { readonly construct: IConstruct; readonly run: () => void }[];
  readonly acknowledgements: (Acknowledgement & { readonly path: string })[];
}

const LEDGER = Symbol.for("millrace/issues");

/** The app's ledger hangs on the root of the tree: apps do not see each other's issues. */
function ledgerOf(construct: IConstruct): Ledger {
  const root = construct.node.root as IConstruct & { [LEDGER]?: Ledger };
  return (root[LEDGER] ??= { issues: [], deferred: [], acknowledgements: [] });
}

/** Notes one issue at a construct. */
export function addIssue(construct: IConstruct, code: Code, fault: Fault, severity: Severity = "error"): void {
  const issue = { code, severity, path: construct.node.path, fix: codes[code].fix, ...fault };
  ledgerOf(construct).issues.push(issue);
}

/** Applies a table of rules and notes every fault. */
export function check<Input>(construct: IConstruct, input: Input, rules: readonly Rule<Input>[]): void {
  for (const rule of rules) {
    const fault = rule.fault(input);
    if (fault) addIssue(construct, rule.code, fault, rule.severity);
  }
}

/** Puts a check off until synth, when everything has been constructed. It reports through `addIssue` or `check`. */
export function checkAtSynth(construct: IConstruct, run: () => void): void {
  ledgerOf(construct).deferred.push({ construct, run });
}

/** Accepts a warning by its code for a construct and everything below it. Errors cannot be accepted. */
export function acknowledge(construct: IConstruct, acknowledgement: Acknowledgement): void {
  ledgerOf(construct).acknowledgements.push({ ...acknowledgement, path: construct.node.path });
}

/** Everything found in the app so far, deferred checks included; sorted by path, then code. */
export function findingsOf(construct: IConstruct): Findings {
  const ledger = ledgerOf(construct);
  // Each deferred check runs once; what it finds stays in the ledger.
  for (const { run } of ledger.deferred.splice(0)) run();
  const issues = [...new Map(ledger.issues.map((issue) => [renderIssue(issue), issue])).values()].sort(byPath);
  const errors = issues.filter(({ severity }) => severity === "error");
  const warnings: Issue[] = [];
  const acknowledged: AcknowledgedIssue[] = [];
  const used = new Set<string>();
  for (const issue of issues.filter(({ severity }) => severity === "warning")) {
    const accepting = ledger.acknowledgements.filter(
      ({ code, path }) => code === issue.code && holds(path, issue.path),
    );
    for (const one of accepting) used.add(placeOf(one));
    const [accepted] = accepting;
    if (accepted) acknowledged.push({ ...issue, reason: accepted.reason });
    else warnings.push(issue);
  }
  const idle = ledger.acknowledgements.filter((one) => !one.mayBeAbsent && !used.has(placeOf(one)));
  return { errors, warnings: [...warnings, ...idle.map(idleness)].sort(byPath), acknowledged };
}

/** The same line of the app in whichever stack: an environment alone may have the warning. */
const placeOf = ({ code, path }: { readonly code: Code; readonly path: string }) =>
  [code, ...path.split("/").slice(1)].join("/");

const idleness = ({ code, path, reason }: Acknowledgement & { readonly path: string }): Issue => ({
  code: "MR1009",
  severity: "warning",
  path,
  problem: `${code} is accepted ("${reason}"), and there is no such warning`,
  fix: codes.MR1009.fix,
  got: code,
});

/**
 * Stops the synth of an app that has errors; hands warnings of one stack to cdktf's manifest, where its CLI shows them.
 * @throws IssuesError with every error of the app, not only of this stack
 */
export function settleIssues(stack: IConstruct): void {
  const { errors, warnings } = findingsOf(stack);
  if (errors.length > 0) throw new IssuesError(errors);
  const shown = new Set(stack.node.metadata.map(({ data }) => data));
  for (const issue of warnings.filter(({ path }) => holds(stack.node.path, path)))
    if (!shown.has(renderIssue(issue))) Annotations.of(stack).addWarning(renderIssue(issue));
}

const holds = (path: string, inner: string) => path === "" || inner === path || inner.startsWith(`${path}/`);

const byPath = (a: Issue, b: Issue) =>
  compare(a.path, b.path) || compare(a.code, b.code) || compare(a.problem, b.problem);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
