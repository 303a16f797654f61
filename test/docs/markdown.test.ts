import { parse } from "./markdown";

describe("reading a page", () => {
  it("finds fenced blocks with their info strings", () => {
    const { blocks } = parse(
      'text\n\n```ts file=a.ts synth\nconst x = 1;\n```\n\n~~~sh skip="needs an account"\n```\n~~~\n',
    );
    expect(blocks).toEqual([
      { line: 3, language: "ts", info: { file: "a.ts", synth: "" }, text: "const x = 1;" },
      { line: 7, language: "sh", info: { skip: "needs an account" }, text: "```" },
    ]);
  });

  it("rejects a fence that is never closed", () => {
    expect(() => parse("```ts\nconst x = 1;\n")).toThrow("line 1 is never closed");
  });

  it("gives headings the anchors that GitHub gives them", () => {
    const { anchors } = parse("# Code 12\n## Entry → archive → process\n## `millrace dev`\n## Twice\n## Twice\n");
    expect([...anchors]).toEqual(["code-12", "entry--archive--process", "millrace-dev", "twice", "twice-1"]);
  });

  it("finds links outside code", () => {
    const { links } = parse('[a](b.md#c) and `[x](y)` and ![d](<e.png> "title")\n\n```md\n[no](no.md)\n```\n');
    expect(links.map(({ target }) => target)).toEqual(["b.md#c", "e.png"]);
  });
});
