import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { reportGrants } from "../../cli/commands/report-grants";
import type { MillraceStack } from "../../constructs";
import type { GrantsDocument } from "../../contract/grants";
import type { Environment } from "../../stacks";
import { synthesize } from "../../stacks/synthesize";
import { screen } from "../cli/screen";
import { root } from "../repo/tree";
import { project } from "../support/project";
import type { Attributes } from "../support/synth";

/** Every example that is an app: `stack.ts` with a stack per environment, and `WORKLOADS`. */
const examples = readdirSync(join(root, "examples")).filter((name) => {
  const file = join(root, "examples", name, "stack.ts");
  return existsSync(file) && readFileSync(file, "utf8").includes("export const WORKLOADS");
});

type StackClass = new (app: App, environment: Environment) => MillraceStack;

function synthesized(example: string) {
  // oxlint-disable-next-line typescript/no-require-imports -- examples are found, not named
  const module = require(join(root, "examples", example, "stack.ts")) as Record<string, unknown>;
  const Stack = Object.entries(module).find(([name]) => name.endsWith("Stack"))![1] as StackClass;
  const outdir = project({}, "cdktf.out");
  // An example has environments of its own, or those of the repository.
  const own = join(root, "examples", example, "environments");
  const { stacks } = synthesize({
    // The repository's own environments override workloads of the webhooks.
    ...(existsSync(own) ? { folder: own } : example !== "webhooks" && { only: "local" }),
    outdir,
    workloads: module["WORKLOADS"] as Record<string, "function" | "service">,
    context: { "millrace:today": "2026-11-24" },
    build: (app, environment) => new Stack(app, environment),
  });
  const read = (stack: string, file: string) => readFileSync(join(outdir, "stacks", stack, file), "utf8");
  return stacks.map((stack) => ({
    stack,
    outdir,
    text: read(stack, "cdk.tf.json"),
    grants: read(stack, "grants.json"),
  }));
}

describe.each(examples)("the example %s", (example) => {
  const plans = synthesized(example);

  it("lets in nobody that was not named, in any environment", () => {
    expect(plans.length).toBeGreaterThan(0);
    for (const { text } of plans) {
      expect(text).not.toMatch(
        /allUsers|allAuthenticatedUsers|\d-compute@developer|@appspot|"invoker_iam_disabled":true/,
      );
      const types = Object.keys((JSON.parse(text) as Attributes)["resource"] as object);
      expect(types.filter((type) => /_iam_(binding|policy)$/.test(type))).toEqual([]);
    }
  });

  it("has every grant in its report, with principal, role, resource and reason", async () => {
    for (const { stack, outdir, text, grants } of plans) {
      const resources = (JSON.parse(text) as Attributes)["resource"] as Record<string, Record<string, Attributes>>;
      const planned = Object.entries(resources)
        .filter(([type]) => type.endsWith("_iam_member"))
        .flatMap(([, byName]) => Object.values(byName).map(({ role }) => role as string));
      const document = JSON.parse(grants) as GrantsDocument;
      expect(document.grants.map(({ role }) => role).sort()).toEqual(planned.sort());
      expect(
        document.grants.filter(({ reasons, resource, principal }) => !reasons[0] || !resource || !principal),
      ).toEqual([]);
      // On the project only with a reason why nothing narrower will do, and narrowed where Google can.
      const wide = document.grants.filter(({ resource }) => /^projects\/[^/]+$/.test(resource));
      expect(wide.filter(({ because }) => !because)).toEqual([]);

      const { terminal, stdout } = screen();
      await reportGrants(stack, { out: outdir, state: "unused", json: true }, terminal);
      expect(JSON.parse(stdout())).toEqual(document);
    }
  });
});

it("examples there are", () => expect(examples).toContain("webhooks"));
