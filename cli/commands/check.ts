import { existsSync } from "node:fs";
import { join } from "node:path";
import { codes } from "../../contract/codes";
import type { Issue } from "../../contract/issue";
import { checkDelivery, type Deliverability } from "../../local/deliverability/check";
import { contractsOf, declaredBeside } from "../../local/deliverability/declared";
import { type Input, inputOfPath, inputOfStack } from "../../local/deliverability/input";
import { issue } from "../../local/plan/issues";
import { listStacks } from "../../local/plan/read";
import { EXIT, type ExitCode, printIssues, usage } from "../exit";
import type { CheckCommandOptions } from "../program";
import type { Terminal } from "../terminal";

/** `millrace check`: whether a plan delivers, and what it grants for nothing. Needs no engine and no network. */
export async function check(
  subject: string | undefined,
  options: CheckCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const unknown = options.accept.filter((code) => !Object.hasOwn(codes, code));
  if (unknown.length > 0)
    throw usage(
      "check",
      `--accept ${unknown.join(", ")} is no code`,
      "name a code of docs/errors.md, for example MR4411",
    );
  const checked = inputsOf(subject, options.out).map((input) => {
    const { documents, about } = input;
    const beside = { declared: declaredBeside(documents), contracts: contractsOf(documents) };
    const found = checkDelivery(documents, { ...beside, about });
    return { about: input.about.join(", "), ...found, issues: accepted([...found.issues, ...unseen(found)], options) };
  });
  const issues = checked.flatMap((one) => one.issues);
  if (options.json) {
    const plans = checked.map(({ about, issues, paths }) => ({ plan: about, issues, paths }));
    terminal.out(JSON.stringify({ schemaVersion: 1, plans }));
  } else {
    printIssues(issues, terminal);
    for (const { about, issues, paths } of checked) terminal.err(summary(about, issues, paths.length));
  }
  const failing = options.strict ? issues : issues.filter(({ severity }) => severity === "error");
  return failing.length > 0 ? EXIT.findings : EXIT.ok;
}

/** What is named: a stack, a file or folder, a stack, or every stack of cdktf's folder. */
function inputsOf(subject: string | undefined, out: string): readonly Input[] {
  if (subject === undefined) return listStacks(out).map((stack) => inputOfStack(out, stack));
  const isStack = existsSync(join(out, "stacks", subject));
  return [!isStack && existsSync(subject) ? inputOfPath(subject) : inputOfStack(out, subject)];
}

/** Modules are not looked into, and what they grant may be what is missed. */
const unseen = ({ modules }: Deliverability): readonly Issue[] =>
  modules.map((path) =>
    issue(
      "MR4451",
      path,
      "is a module, into which nothing here looks: what it makes or grants is not known",
      "check what `terraform show -json` prints of a plan",
      { severity: "warning" },
    ),
  );

const accepted = (issues: readonly Issue[], { accept }: CheckCommandOptions): readonly Issue[] =>
  issues.filter(({ code, severity }) => severity === "error" || !accept.includes(code));

function summary(about: string, issues: readonly Issue[], steps: number): string {
  const count = (severity: Issue["severity"]) => issues.filter((one) => one.severity === severity).length;
  const many = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const [errors, warnings] = [count("error"), count("warning")];
  const findings = errors + warnings === 0 ? "no findings" : `${many(errors, "error")}, ${many(warnings, "warning")}`;
  return `${about}: ${many(steps, "step")} that somebody must be allowed to take, ${findings}`;
}
