import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providerSchemas } from "../../../local/provider/schema/all";
import { describeWithTerraform } from "../../support/terraform";
import type { Attributes } from "../../support/synth";
import { readState, workspace, type Workspace } from "../../support/terraform-run";
import { addressOf, documentOf, NAME } from "./document";
import type { Fixture } from "./fixture";
import { fixtures } from "./fixtures";

const STATE = "terraform.LOCAL.tfstate";

/** Free to be destroyed and replaced. */
const unprotected = (fixture: Fixture, config: Attributes): Attributes =>
  fixture.planned?.["deletion_protection"] === true ? { ...config, deletion_protection: false } : config;
const created = (fixture: Fixture) => unprotected(fixture, fixture.create);

const updated = (fixture: Fixture) => ({ ...created(fixture), ...fixture.update });
const fixtureOf = (type: string) => fixtures.find((fixture) => fixture.type === type)!;

const schemas = providerSchemas();
function isComputed(type: string, name: string): boolean {
  const { attributes, blocks } = schemas.map((schema) => schema.resource(type)).find(Boolean)!.block;
  return (attributes[name] ?? blocks[name]!).computed;
}

/** What the plan does to each type: `update`, or `delete/create`. */
async function verdicts({ plan, write }: Workspace, document: Attributes) {
  write(document);
  const { resource_changes: changes = [] } = (await plan()) as { resource_changes?: readonly Attributes[] };
  return Object.fromEntries(
    changes
      .filter(({ change }) => change.actions.join() !== "no-op")
      .map(({ address, change }) => [address as string, (change.actions as readonly string[]).join("/")]),
  );
}

const expected = (action: (fixture: Fixture) => string | undefined) =>
  Object.fromEntries(
    fixtures.flatMap((fixture) => {
      const word = action(fixture);
      return word === undefined ? [] : [[addressOf(fixture), word]];
    }),
  );

/*
 * The lives of `lives.test.ts` once more, in one configuration and by Terraform itself: what the planner says must also be
 * what Terraform's core takes for a plan.
 */
describeWithTerraform("resources of every kind at once, under Terraform", () => {
  let stack: Workspace;
  beforeAll(async () => {
    stack = await workspace(documentOf(created));
    expect(await stack.terraform("init", "-input=false")).toMatchObject({ code: 0 });
    const { code, text } = await stack.terraform("apply", "-auto-approve");
    expect(text).toContain(`${fixtures.length} added, 0 changed, 0 destroyed`);
    expect(code).toBe(0);
  });

  it("are left alone by a second plan", async () => {
    expect(await verdicts(stack, documentOf(created))).toEqual({});
  });

  it("are left alone by a configuration that says the same in other words", async () => {
    const others = documentOf((fixture) => ({ ...created(fixture), ...fixture.same }));
    expect(await verdicts(stack, others)).toEqual({});
  });

  it("are changed in place by what may change", async () => {
    expect(await verdicts(stack, documentOf(updated))).toEqual(expected(({ update }) => update && "update"));
  });

  it("are replaced by what may not", async () => {
    const replaced = documentOf((fixture) => ({ ...created(fixture), ...fixture.replace[0] }));
    expect(await verdicts(stack, replaced)).toEqual(expected(() => "delete/create"));
  });

  it("are repaired where somebody else has changed them, and made again where they have gone", async () => {
    const { server, folder, terraform, write } = stack;
    const [before, state] = [server.resources.list(), readFileSync(join(folder, STATE))];
    // Somebody else is this stack with another configuration, of which its state then knows nothing.
    write(documentOf(updated));
    expect(await terraform("apply", "-auto-approve")).toMatchObject({ code: 0 });
    writeFileSync(join(folder, STATE), state);
    for (const { type, id } of before.filter(({ type }) => !fixtureOf(type).update)) server.resources.remove(type, id);

    const found = await verdicts(stack, documentOf(created));
    for (const one of before) server.resources.put(one);
    expect(found).toEqual(
      expected((fixture) => {
        if (!fixture.update) return "create";
        // What Google may decide is left as it was found.
        return Object.keys(fixture.update).every((name) => isComputed(fixture.type, name)) ? undefined : "update";
      }),
    );
    expect(found[`google_cloud_tasks_queue.${NAME}`]).toBeUndefined();
  });

  it("are imported by their ids, and need no change afterwards", async () => {
    const { instances } = stateOf(stack);
    const imports = instances.map(({ address, id }) => ({ to: address, id }));
    const other = await workspace({ ...documentOf(created), import: imports } as Attributes, {
      resources: stack.server.resources,
    });
    expect(await other.terraform("init", "-input=false")).toMatchObject({ code: 0 });
    const { code, text } = await other.terraform("apply", "-auto-approve");
    expect(text).toContain(`${fixtures.length} imported, 0 added`);
    expect(code).toBe(0);
    expect(await verdicts(other, documentOf(created))).toEqual({});
  });

  it("are gone once they are destroyed", async () => {
    const { code, text } = await stack.terraform("destroy", "-auto-approve");
    expect(text).toContain(`${fixtures.length} destroyed`);
    expect(code).toBe(0);
    expect(stack.server.resources.list()).toEqual([]);
  });
});

function stateOf({ folder }: Workspace) {
  const resources = readState(folder)["resources"] as readonly Attributes[];
  return {
    instances: resources.map(({ type, name, instances }) => ({
      address: `${type}.${name}`,
      id: instances[0].attributes.id as string,
    })),
  };
}
