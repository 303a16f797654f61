import { readWorkflow } from "../../../language/workflows/read";
import { depthOf, repeatedCalls } from "../../../language/workflows/nesting";

const read = (text: string) => readWorkflow(text).workflow!;
const retry = (count: number | string) => `retry: {predicate: "\${retry.always}", max_retries: ${count}}`;
const ask = "{call: http.get, args: {url: https://example.com}}";

describe("how often errors repeat a call", () => {
  const attempts = (text: string) => repeatedCalls(read(text)).map(({ path, attempts: count }) => [path, count]);

  it("is once where nothing retries", () => expect(attempts(`- ask: ${ask}`)).toEqual([["main/ask", 1]]));

  it("is one more than the retries, five where they are not written out", () => {
    expect(attempts(`- ask: {try: ${ask}, ${retry(3)}}`)).toEqual([["main/ask", 4]]);
    expect(attempts(`- ask: {try: ${ask}, retry: "\${http.default_retry}"}`)).toEqual([["main/ask", 6]]);
    expect(attempts(`- set: {assign: [n: 9]}\n- ask: {try: ${ask}, ${retry('"${n}"')}}`)).toEqual([["main/ask", 6]]);
  });

  it("multiplies within tries, and through sub-workflows", () => {
    const inner = `{try: ${ask}, ${retry(9)}}`;
    expect(attempts(`- outer: {try: {steps: [ask: ${inner}]}, ${retry(1)}}`)).toEqual([["main/ask", 20]]);
    const through = `
main:
  steps:
    - once: {call: sub}
    - often: {try: {call: sub}, ${retry(4)}}
sub:
  steps:
    - ask: ${inner}
    - again: {call: sub}
`;
    expect(attempts(through)).toEqual([["sub/ask", 50]]);
  });

  it("is not multiplied for what is done once it has failed", () =>
    expect(attempts(`- ask: {try: ${ask}, ${retry(5)}, except: {as: e, steps: [tell: ${ask}]}}`)).toEqual([
      ["main/ask", 6],
      ["main/tell", 1],
    ]));
});

describe("the depth of a routine", () => {
  const depth = (text: string) => depthOf(read(text).routines.get("main")!);
  it("counts steps within steps", () => {
    expect(depth("- a: {return: 1}")).toBe(1);
    expect(
      depth("- a: {for: {value: x, in: [1], steps: [b: {switch: [{condition: true, steps: [c: {return: 1}]}]}]}}"),
    ).toBe(3);
    expect(depth("- a: {parallel: {branches: [l: {steps: [b: {assign: [x: 1]}]}]}}")).toBe(2);
  });
});
