import { type Commands, isHelp, run } from "../../cli/program";
import { createTerminal } from "../../cli/terminal";
import { manifest } from "../repo/tree";
import { pages } from "./pages";

/** Lines of shell in the pages. */
const lines = [...pages].flatMap(([page, { blocks }]) =>
  blocks
    .filter(({ language }) => /^(sh|bash|console|shell)$/.test(language))
    .flatMap(({ text, line }) => text.split("\n").map((command) => ({ at: `${page}:${line}`, command }))),
);
const inline = [...pages].flatMap(([page, { code }]) =>
  code.map(({ text, line }) => ({ at: `${page}:${line}`, command: text })),
);
const commands = [...lines, ...inline];

const MILLRACE = /^(?:npx |npm run (?:-s |--silent )?)?millrace (?:-- )?(.*)$/;

/** Whether the command line can be understood; nothing is run. */
async function understood(argv: readonly string[]): Promise<boolean> {
  const nothing = async () => 0 as const;
  const stand: Commands = {
    dev: nothing,
    exec: nothing,
    tf: nothing,
    tfEnv: nothing,
    reload: nothing,
    ps: nothing,
    check: nothing,
    scheduleList: nothing,
    scheduleRun: nothing,
    tasksList: nothing,
    tasksRun: nothing,
    tasksPurge: nothing,
    jobsList: nothing,
    jobsRun: nothing,
    redrive: nothing,
    clockAdvance: nothing,
    wait: nothing,
    reportGrants: nothing,
    fidelity: nothing,
    workflowCheck: nothing,
    workflowFmt: nothing,
    workflowGraph: nothing,
    workflowRun: nothing,
  };
  const silent = { write: () => true, isTTY: false };
  try {
    return (await run(argv, stand, createTerminal({ stdout: silent, stderr: silent, env: {} }))) === 0;
  } catch (error) {
    // A page may leave out what a command is about.
    return isHelp(error) || (error as { readonly code?: string }).code === "commander.missingArgument";
  }
}

describe("every command in the pages", () => {
  it("names a script of package.json behind npm run", () => {
    const unknown = commands.flatMap(({ at, command }) =>
      [...command.matchAll(/\bnpm run (?:--?[\w-]+ )*([\w:.-]+)/g)]
        .filter(([, script]) => manifest.scripts[script!] === undefined)
        .map(([text]) => `${at}: ${text}`),
    );
    expect(unknown).toEqual([]);
  });

  it("starts and tests what package.json starts and tests", () => {
    expect(commands.some(({ command }) => /\bnpm (?:start|test)\b/.test(command))).toBe(true);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(["start", "test"]));
  });

  it("can be understood by millrace, options included", async () => {
    const called = lines.flatMap(({ at, command }) => {
      const match = MILLRACE.exec(command.replace(/#.*$/, "").trim());
      return match ? [{ at, command, argv: match[1]!.split(/\s+/) }] : [];
    });
    expect(called.length).toBeGreaterThan(0);
    const unknown: string[] = [];
    for (const { at, command, argv } of called) if (!(await understood(argv))) unknown.push(`${at}: ${command}`);
    expect(unknown).toEqual([]);
  });

  it("names a subcommand of millrace", async () => {
    const unknown: string[] = [];
    for (const { at, command } of inline) {
      const names = /^(?:npx )?millrace ([a-z]+(?: [a-z]+\b)?)/.exec(command)?.[1]?.split(" ");
      if (names !== undefined && !(await understood(names))) unknown.push(`${at}: ${command}`);
    }
    expect(unknown).toEqual([]);
  });
});
