import { manifest } from "../repo/tree";
import { pages } from "./pages";

/** Lines of shell in the pages, and inline code. */
const commands = [...pages].flatMap(([page, { blocks, code }]) => [
  ...blocks
    .filter(({ language }) => /^(sh|bash|console|shell)$/.test(language))
    .flatMap(({ text, line }) => text.split("\n").map((command) => ({ at: `${page}:${line}`, command }))),
  ...code.map(({ text, line }) => ({ at: `${page}:${line}`, command: text })),
]);

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
});
