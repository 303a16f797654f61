import { checkSource } from "../../../language/workflows/check";
import { picturesOf, printMermaid } from "../../../language/workflows/graph";

const workflowOf = (text: string) => checkSource(text).workflow!;

const TEXT = `
main:
  params: [order]
  steps:
    - init: {assign: [{n: 0}]}
    - each:
        for:
          value: line
          in: \${order.lines}
          steps:
            - skip:
                switch:
                  - condition: \${line == "x"}
                    next: continue
            - ask:
                try: {call: http.get, args: {url: "https://example.com"}}
                retry: \${http.default_retry}
                except:
                  as: e
                  steps:
                    - fail: {raise: "\${e}"}
    - both:
        parallel:
          branches:
            - left: {steps: [{l: {call: sub}}]}
            - right: {steps: [{r: {return: 1}}]}
    - again:
        switch:
          - condition: \${n < 3}
            next: init
          - condition: true
            return: \${n}
sub:
  steps:
    - done: {assign: [{x: "a#b\\"<c>"}], next: end}
`;

describe("the picture of a definition", () => {
  const [main, sub] = picturesOf(workflowOf(TEXT));
  const arrows = (picture: typeof main) => {
    const names = new Map(picture!.nodes.map(({ id, label }) => [id, label]));
    return picture!.edges.map(({ from, to, label, by }) =>
      [names.get(from), by === "error" ? "-.->" : "-->", names.get(to), label].filter(Boolean).join(" "),
    );
  };

  it("has the ways between steps: conditions, loops, branches, errors, jumps", () => {
    expect(arrows(main)).toEqual([
      "init: n --> each: for",
      'skip: switch --> each: for line == "x"',
      "skip: switch --> ask: try else",
      "ask: try --> http.get try",
      "http.get --> each: for",
      "ask: try -.-> ask: try retry by http.default_retry",
      "ask: try -.-> fail: raise e except e",
      "each: for --> skip: switch each line of order.lines",
      "each: for --> both: parallel done",
      "l: sub --> all done",
      "both: parallel --> l: sub left",
      "r: return 1 --> end",
      "both: parallel --> r: return 1 right",
      "all done --> again: switch",
      "again: switch --> return n true",
      "return n --> end",
      "main --> init: n",
      "again: switch --> init: n n < 3",
    ]);
  });

  it("ends where `end` is", () => expect(arrows(sub)).toContain("done: x --> end"));

  it("is a flow chart of Mermaid, with labels that cannot break out", () => {
    const chart = printMermaid(workflowOf(TEXT));
    expect(chart.split("\n")[0]).toBe("flowchart TD");
    expect(chart).toContain('subgraph g0["main"]');
    expect(chart).toContain('["init: n"]');
    expect(chart).toContain('-.->|"except e"|');
    expect(printMermaid(workflowOf('- a: {return: "x\\"]<b>"}'))).toContain('(["a: return x#34;]#60;b#62;"])');
  });
});
