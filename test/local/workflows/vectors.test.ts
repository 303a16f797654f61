import vectors from "../../vectors/workflows/expressions.json";
import { functionNames, signatureOf } from "../../../language/workflows/functions";
import { plain, run } from "./run";

type Expected = unknown;

describe("an expression", () => {
  it.each(vectors as [string, Expected][])("%s gives %j", async (expression, expected) => {
    const { outcome } = await run(`- a: {return: ${JSON.stringify(`\${${expression}}`)}}`);
    if (outcome.state === "FAILED") {
      const payload = plain(outcome.error.payload) as { tags: string[] };
      expect({ tag: payload.tags[0] }).toEqual(expected);
      return;
    }
    const value = expected !== null && typeof expected === "object" && "value" in expected ? expected.value : expected;
    expect(plain(outcome.result)).toEqual(value);
  });

  it("has a vector for every function that may stand in it", () => {
    const text = JSON.stringify(vectors);
    const untried = functionNames.filter((name) => !signatureOf(name)!.blocking && !text.includes(`${name}(`));
    // Without its stub a callback cannot be made; the tests of executions make one.
    expect(untried).toEqual(["events.create_callback_endpoint"]);
  });
});
