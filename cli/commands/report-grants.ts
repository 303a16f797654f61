import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GRANTS_FILE, type GrantRecord, type GrantsDocument } from "../../contract/grants";
import { IssuesError } from "../../contract/issue";
import { readStacks } from "../../local/plan/read";
import { EXIT, type ExitCode } from "../exit";
import { columns } from "../layout";
import type { CommonOptions } from "../program";
import { chooseStack } from "../stack";
import type { Terminal } from "../terminal";

/** `millrace report grants`: who may do what on which resource, and why. Needs no engine. */
export async function reportGrants(
  stack: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = chooseStack(options.out, stack);
  const document = readGrants(options.out, chosen);
  if (options.json) terminal.out(JSON.stringify(document));
  else if (document.grants.length === 0) terminal.err(`${chosen} grants nobody anything`);
  else for (const line of table(document.grants, terminal)) terminal.out(line);
  return EXIT.ok;
}

/** The file that synthesis wrote. @throws IssuesError MR5007 when it did not, or what is there is something else */
function readGrants(outDir: string, stack: string): GrantsDocument {
  const { directory } = readStacks(outDir, stack).at(-1)!;
  const file = join(directory, GRANTS_FILE);
  if (!existsSync(file)) throw unreadable(file, "it is not there: the plan was not made of Millrace's constructs");
  try {
    const document = JSON.parse(readFileSync(file, "utf8")) as GrantsDocument;
    if (document.schemaVersion === 1 && Array.isArray(document.grants)) return document;
  } catch {
    // What is no JSON is no report either.
  }
  throw unreadable(file, "it is no report of grants");
}

const unreadable = (file: string, problem: string) =>
  new IssuesError([{ code: "MR5007", severity: "error", path: file, problem, fix: "run `npm run synth` again" }]);

/** A line per reason; what repeats the line above is left out. */
function table(grants: readonly GrantRecord[], { paint: c }: Terminal): string[] {
  const bold = (cells: readonly string[]) => cells.map((cell) => c.bold(cell));
  const rows = grants.flatMap(({ principal, role, resource, reasons, condition, because }) => {
    const notes = [
      ...reasons,
      ...(condition === undefined ? [] : [`if ${condition}`]),
      ...(because === undefined ? [] : [`on the project, because ${because}`]),
    ];
    return notes.map((note, index) => (index === 0 ? [principal, role, resource, note] : ["", "", "", note]));
  });
  return columns([bold(["PRINCIPAL", "ROLE", "RESOURCE", "REASON"]), ...rows]);
}
