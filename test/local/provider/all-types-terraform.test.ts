import { seededRandom } from "../../../local/engine/random";
import type { Attributes } from "../../../local/plan/values";
import { checkConfig } from "../../../local/provider/planner/check";
import { complete } from "../../../local/provider/planner/settle";
import { googleSchema } from "../../../local/provider/schema/google";
import { type Block, typeOfBlock } from "../../../local/provider/schema/schema";
import { fromJson } from "../../../local/provider/values/convert";
import type { ObjectValue } from "../../../local/provider/values/value";
import { describeWithTerraform } from "../../support/terraform";
import { workspace } from "../../support/terraform-run";
import { configOf } from "./configs";

const schema = googleSchema();
const blockOf = (type: string) => schema.resource(type)!.block;

/** Whether the provider would take it; what a schema demands is more than it says. */
function isValid(block: Block, json: Attributes): boolean {
  const config = complete(block, fromJson(json, typeOfBlock(block)) as ObjectValue);
  return checkConfig(block, config).every(({ severity }) => severity !== "error");
}

/** One resource of each type, with what is required and a share of the rest. */
const configs = (share: number): ReadonlyMap<string, Attributes> =>
  new Map(
    schema.resources
      .map((type) => [type, configOf(blockOf(type), seededRandom(type), share)] as const)
      .filter(([type, config]) => isValid(blockOf(type), config)),
  );

/** Whether the planner plans something that only the real provider's SDK may. */
const needsAllowance = ({ attributes, blocks }: Block): boolean =>
  Object.values(attributes).some(({ rules }) => rules.default !== undefined) ||
  Object.values(blocks).some(({ computed, block }) => computed || needsAllowance(block));

const documentOf = (resources: ReadonlyMap<string, Attributes>): Attributes => ({
  terraform: { required_providers: { google: { source: "google", version: "6.50.0" } } },
  provider: { google: [{ project: "demo", region: "europe-west1", zone: "europe-west1-b" }] },
  resource: Object.fromEntries([...resources].map(([type, config]) => [type, { it: config }])),
});

async function initialized(resources: ReadonlyMap<string, Attributes>, legacyTypeSystem: boolean) {
  const made = await workspace(documentOf(resources), { legacyTypeSystem });
  expect(await made.terraform("init", "-input=false")).toMatchObject({ code: 0 });
  return made;
}

describeWithTerraform("resources of all types in one configuration, under Terraform", () => {
  it("are planned, nine types in ten from their schema alone", async () => {
    const resources = configs(0);
    expect(resources.size).toBeGreaterThan(schema.resources.length * 0.9);
    const { terraform } = await initialized(resources, true);
    const { code, text } = await terraform("plan", "-input=false");
    expect(/Plan: [^.]*/.exec(text)?.[0]).toBe(`Plan: ${resources.size} to add, 0 to change, 0 to destroy`);
    expect(code).toBe(0);
  });

  it("need no allowance from Terraform where there are no defaults and no blocks that Google fills", async () => {
    const resources = new Map([...configs(0.3)].filter(([type]) => !needsAllowance(blockOf(type))));
    expect(resources.size).toBeGreaterThan(300);
    const { terraform } = await initialized(resources, false);
    const { code, text } = await terraform("plan", "-input=false");
    expect(text).not.toContain("invalid plan");
    expect(/Plan: [^.]*/.exec(text)?.[0]).toContain(`Plan: ${resources.size} to add`);
    expect(code).toBe(0);
  });

  it("are made as they were planned, need no second plan, and change as planned, with no allowance either", async () => {
    const random = seededRandom("sample");
    const all = [...configs(0.3)].filter(([type]) => !needsAllowance(blockOf(type)));
    const sample = new Map(all.filter(() => random.next() < 60 / all.length));
    const { terraform, write } = await initialized(sample, false);
    const apply = await terraform("apply", "-auto-approve", "-input=false");
    expect(apply.text).toContain(`${sample.size} added, 0 changed, 0 destroyed`);
    expect((await terraform("plan", "-detailed-exitcode", "-input=false")).code).toBe(0);
    const others = new Map([...configs(0.6)].filter(([type]) => sample.has(type)));
    write(documentOf(others));
    const changed = await terraform("plan", "-input=false");
    expect(changed.text).not.toContain("invalid plan");
    expect(changed.code).toBe(0);
  });

  it("are refused without the allowance where there is a default, so that it is known to be asked for", async () => {
    const { terraform } = await initialized(
      new Map([["google_pubsub_subscription", { name: "s", topic: "t" }]]),
      false,
    );
    const { code, text } = await terraform("plan", "-input=false");
    expect(text).toMatch(/Provider produced invalid plan.*message_retention_duration/);
    expect(code).toBe(1);
  });
});
