import { Construct } from "constructs";
import { acknowledge, addIssue, check, checkAtSynth, findingsOf, MillraceStack } from "../../../constructs/core";
import { IssuesError } from "../../../contract/issue";
import { planOf, STACK, testApp, testStack } from "../../support/synth";

const error = (construct: Construct) => addIssue(construct, "MR1010", { problem: "the name is bad" });
const warning = (construct: Construct) => addIssue(construct, "MR1005", { problem: "the label is odd" }, "warning");

describe("the issues of an app", () => {
  it("are reported all at once, each with path, fix and page", () => {
    const stack = testStack();
    error(new Construct(stack, "B"));
    error(new Construct(stack, "A"));
    let thrown: unknown;
    try {
      planOf(stack);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(IssuesError);
    expect((thrown as IssuesError).issues.map(({ path }) => path)).toEqual(["web-dev/A", "web-dev/B"]);
    expect((thrown as Error).message.split("\n")[0]).toBe(
      "MR1010 web-dev/A: the name is bad. change the name, the construct's id or the stack's prefix. docs/errors.md#mr1010",
    );
  });

  it("do not stop a synth when they are warnings, and stand in cdktf's manifest", () => {
    const stack = testStack();
    warning(new Construct(stack, "A"));
    planOf(stack);
    planOf(stack);
    expect(stack.node.metadata.map(({ data }) => String(data))).toEqual([
      expect.stringContaining("MR1005 web-dev/A: the label is odd"),
    ]);
  });

  it("stay silent once a warning is acknowledged for a construct above it, and keep the reason", () => {
    const stack = testStack();
    const parent = new Construct(stack, "Parent");
    warning(new Construct(parent, "Child"));
    warning(new Construct(stack, "ParentOfNobody"));
    acknowledge(parent, { code: "MR1005", reason: "legacy" });
    const { warnings, acknowledged } = findingsOf(stack);
    expect(warnings.map(({ path }) => path)).toEqual(["web-dev/ParentOfNobody"]);
    expect(acknowledged).toMatchObject([{ path: "web-dev/Parent/Child", reason: "legacy" }]);
  });

  it("can be acknowledged for a whole stack", () => {
    const stack = testStack({ acknowledge: [{ code: "MR1005", reason: "legacy" }] });
    warning(new Construct(stack, "A"));
    expect(findingsOf(stack).warnings).toEqual([]);
  });

  it("are warnings themselves when an acknowledgement accepts nothing, unless it may", () => {
    const stack = testStack({ acknowledge: [{ code: "MR1702", reason: "dev", mayBeAbsent: true }] });
    const parent = new Construct(stack, "Parent");
    error(parent);
    acknowledge(parent, { code: "MR1005", reason: "legacy" });
    acknowledge(parent, { code: "MR1010", reason: "an error" });
    const { warnings } = findingsOf(stack);
    expect(warnings).toMatchObject([
      { code: "MR1009", path: "web-dev/Parent", got: "MR1005" },
      { code: "MR1009", path: "web-dev/Parent", got: "MR1010" },
    ]);
  });

  it("are no warning where the same acknowledgement accepts something in another environment, or another accepts the same", () => {
    const app = testApp();
    for (const environment of ["dev", "prod"]) {
      const stack = new MillraceStack(app, { ...STACK, environment });
      const construct = new Construct(stack, "A");
      acknowledge(construct, { code: "MR1005", reason: "legacy" });
      if (environment === "prod") {
        warning(construct);
        acknowledge(stack, { code: "MR1005", reason: "all over" });
      }
    }
    expect(findingsOf(app)).toMatchObject({ warnings: [], acknowledged: [{ path: "web-prod/A" }] });
  });

  it("cannot be acknowledged when they are errors", () => {
    const stack = testStack();
    error(new Construct(stack, "A"));
    acknowledge(stack, { code: "MR1010", reason: "no" });
    expect(findingsOf(stack).errors).toHaveLength(1);
  });

  it("are not shared between apps", () => {
    error(new Construct(testStack(), "A"));
    expect(findingsOf(testStack()).errors).toEqual([]);
  });

  it("include what a check finds at synth, once", () => {
    const stack = testStack();
    checkAtSynth(stack, () => error(stack));
    expect(findingsOf(stack).errors).toHaveLength(1);
    expect(findingsOf(stack).errors).toHaveLength(1);
  });

  it("come from every line of a table that is broken, with the fix that the line knows", () => {
    const stack = testStack();
    check(stack, 3, [
      { code: "MR1010", fault: (n) => n > 1 && { problem: `${n} is more than 1` } },
      { code: "MR1010", fault: (n) => n > 5 && { problem: `${n} is more than 5` } },
      { code: "MR1005", severity: "warning", fault: (n) => n > 2 && { problem: `${n} is more than 2`, fix: "use 2" } },
    ]);
    const { errors, warnings } = findingsOf(stack);
    expect(errors.map(({ problem }) => problem)).toEqual(["3 is more than 1"]);
    expect(warnings).toMatchObject([{ fix: "use 2", severity: "warning" }]);
  });
});
