import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { reportGrants } from "../../cli/commands/report-grants";
import type { MillraceStack } from "../../constructs";
import type { GrantsDocument } from "../../contract/grants";
import { WorkStack } from "../../examples/work/stack";
import type { Environment } from "../../stacks";
import { synthesize } from "../../stacks/synthesize";
import { screen } from "../cli/screen";
import { root } from "../repo/tree";
import { project } from "../support/project";
import type { Attributes } from "../support/synth";

interface Example {
  /** Folder of its environments. @default the repository's */
  readonly folder?: string;
  /** The only environment it can be made in together with nothing else. @default all of them */
  readonly only?: string;
  readonly build: (app: App, environment: Environment) => MillraceStack;
}

type StackClass = new (app: App, environment: Environment) => MillraceStack;

/** Every example that is an app: the class of its `stack.ts`, made of an environment unless it is an exception. */
const EXCEPTIONS: Readonly<Record<string, Example>> = {
  // One project, whatever the environment.
  work: { only: "dev", build: (app, { name }) => new WorkStack(app, name) },
};

const FOLDER = join(root, "examples");
const examples = readdirSync(FOLDER)
  .filter((name) => existsSync(join(FOLDER, name, "stack.ts")))
  .map((name): readonly [string, Example] => {
    const folder = join(FOLDER, name, "environments");
    return [name, EXCEPTIONS[name] ?? { ...(existsSync(folder) && { folder }), build: builderOf(name) }];
  });

function builderOf(name: string): Example["build"] {
  const exported = require(join(FOLDER, name, "stack.ts")) as Readonly<Record<string, unknown>>;
  const Stack = Object.entries(exported).find(([key]) => key.endsWith("Stack"))![1] as StackClass;
  return (app, environment) => new Stack(app, environment);
}

function synthesized(example: Example) {
  const outdir = project({}, "cdktf.out");
  const { stacks } = synthesize({ outdir, context: { "millrace:today": "2026-11-24" }, ...example });
  const read = (stack: string, file: string) => readFileSync(join(outdir, "stacks", stack, file), "utf8");
  return stacks.map((stack) => ({
    stack,
    outdir,
    text: read(stack, "cdk.tf.json"),
    grants: read(stack, "grants.json"),
  }));
}

it("examples there are", () =>
  expect(examples.map(([name]) => name)).toEqual(expect.arrayContaining(["webhooks", "work"])));

describe.each(examples)("the example %s", (_name, example) => {
  const plans = synthesized(example);

  it("lets in nobody that was not named, in any environment", () => {
    expect(plans.length).toBeGreaterThan(example.only === undefined ? 1 : 0);
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
