import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Attributes } from "../../../local/plan/values";
import { complete } from "../../../local/provider/planner/settle";
import { settingsOf } from "../../../local/provider/planner/settings";
import { createProvider } from "../../../local/provider/provider";
import { createResources } from "../../../local/provider/resources";
import { providerSchemas, valueTypes } from "../../../local/provider/schema/all";
import { type Block, typeOfBlock } from "../../../local/provider/schema/schema";
import { fromJson } from "../../../local/provider/values/convert";
import {
  isKnown,
  isObjectValue,
  type ObjectValue,
  sameValue,
  UNKNOWN,
  type Value,
} from "../../../local/provider/values/value";
import facts from "./schema/facts.json";
import { fixtures } from "./fixtures";

const schemas = providerSchemas();
const settings = settingsOf({ project: "demo", region: "europe-west1", default_labels: { app: "shop" } });

function setUp(type: string) {
  const schema = schemas.find((one) => one.resource(type))!;
  const resources = createResources({ typeOf: valueTypes(schemas) });
  const surroundings = { stack: "shop-local", directory: "/", projectNumber: () => "100000000000" };
  const provider = createProvider({ schema, resources, ...surroundings });
  const { block } = schema.resource(type)!;
  const config = (json: Attributes) => complete(block, fromJson(json, typeOfBlock(block)) as ObjectValue);
  const create = (json: Attributes) => {
    const { planned } = provider.plan(type, settings, null, config(json));
    const { state, diagnostics } = provider.apply({ type, settings, prior: null, planned });
    return { planned: planned!, state: state!, diagnostics };
  };
  const same = (a: ObjectValue, b: ObjectValue) => sameValue(a, b, typeOfBlock(block));
  return { provider, resources, block, config, create, same };
}

/** Paths of everything that a plan leaves open. */
function unknowns(block: Block, value: ObjectValue, prefix = ""): string[] {
  const own = Object.keys(value).filter((name) => value[name] === UNKNOWN);
  const inside = Object.entries(block.blocks).flatMap(([name, nested]) => {
    const elements: readonly Value[] = Array.isArray(value[name]) ? value[name] : [];
    return elements.filter(isObjectValue).flatMap((one) => unknowns(nested.block, one, `${prefix}${name}.`));
  });
  return [...own.map((name) => `${prefix}${name}`), ...inside];
}

describe.each(fixtures.map((fixture) => [fixture.type, fixture] as const))("%s", (type, fixture) => {
  const { create, planned = {}, update, replace } = fixture;

  it("is planned with what the configuration, the provider and the defaults say", () => {
    const { provider, config } = setUp(type);
    expect(provider.check(type, config(create)).filter(({ severity }) => severity === "error")).toEqual([]);
    expect(setUp(type).create(create).planned).toMatchObject(planned);
  });

  it("leaves open what Google computes, and nothing else", () => {
    const { block, create: apply } = setUp(type);
    const { planned } = apply(create);
    const open = unknowns(block, planned);
    expect(open).toContain("id");
    const computed = (path: string): boolean => {
      const names = path.split(".");
      const parent = names.slice(0, -1).reduce<Block>((at, name) => at.blocks[name]!.block, block);
      const last = names.at(-1)!;
      return (parent.attributes[last] ?? parent.blocks[last]!).computed;
    };
    expect(open.filter((path) => !computed(path))).toEqual([]);
  });

  it("is whole once applied, keeps what was planned, and the second plan is empty", () => {
    const { provider, config, create: apply, same } = setUp(type);
    const { planned, state, diagnostics } = apply(create);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(isKnown(state)).toBe(true);
    for (const [name, value] of Object.entries(planned))
      if (isKnown(value)) expect([name, state[name]]).toEqual([name, value]);
    const read = provider.read(type, state).state!;
    const again = provider.plan(type, settings, read, config(create));
    expect(again.requiresReplace).toEqual([]);
    expect(same(again.planned!, state)).toBe(true);
  });

  if (update)
    it("is changed in place", () => {
      const { provider, config, create: apply, same } = setUp(type);
      const { state } = apply(create);
      const wanted = config({ ...create, ...update });
      const change = provider.plan(type, settings, state, wanted);
      expect(change.requiresReplace).toEqual([]);
      expect(same(change.planned!, state)).toBe(false);
      const after = provider.apply({ type, settings, prior: state, planned: change.planned }).state!;
      expect(after["id"]).toBe(state["id"]);
      expect(same(provider.plan(type, settings, after, wanted).planned!, after)).toBe(true);
    });

  if (fixture.same)
    it("is left alone when the configuration says the same in other words", () => {
      const { provider, config, create: apply, same } = setUp(type);
      const { state } = apply(create);
      const other = config({ ...create, ...fixture.same });
      const { planned, requiresReplace } = provider.plan(type, settings, state, other);
      expect(requiresReplace).toEqual([]);
      expect(same(planned!, state)).toBe(true);
    });

  it("is replaced", () => {
    const { provider, config, create: apply } = setUp(type);
    const [change, paths] = replace;
    const { requiresReplace } = provider.plan(type, settings, apply(create).state, config({ ...create, ...change }));
    expect(requiresReplace.map((path) => path.join(".")).sort()).toEqual(paths);
  });

  it("is created again when it has gone", () => {
    const { provider, resources, create: apply } = setUp(type);
    const { state } = apply(create);
    resources.remove(type, state["id"] as string);
    expect(provider.read(type, state).state).toBeNull();
  });

  if (update)
    it("is restored when somebody has changed it, but for what Google may decide", () => {
      const { provider, resources, block, config, create: apply } = setUp(type);
      const { state } = apply(create);
      const elsewhere = provider.plan(type, settings, state, config({ ...create, ...update })).planned!;
      resources.put({ type, id: state["id"] as string, values: elsewhere });
      const seen = provider.read(type, state).state!;
      const repaired = provider.plan(type, settings, seen, config(create)).planned!;
      for (const name of Object.keys(update)) {
        expect(seen[name]).not.toEqual(state[name]);
        const { computed } = (block.attributes[name] ?? block.blocks[name])!;
        expect([name, repaired[name]]).toEqual([name, computed ? seen[name] : state[name]]);
      }
    });

  it("is imported by its id", () => {
    const { provider, create: apply, same } = setUp(type);
    const { state } = apply(create);
    const imported = provider.importState(type, state["id"] as string).state!;
    const read = provider.read(type, imported).state!;
    expect(same({ ...read, timeouts: null }, { ...state, timeouts: null })).toBe(true);
    expect(provider.read(type, provider.importState(type, "nobody").state!).state).toBeNull();
  });

  it("is destroyed, unless it is protected", () => {
    const { provider, resources, create: apply } = setUp(type);
    const { state } = apply(create);
    const { planned } = provider.plan(type, settings, state, null);
    const gone = provider.apply({ type, settings, prior: state, planned });
    const isProtected = state["deletion_protection"] === true;
    expect(gone.state).toEqual(isProtected ? state : null);
    expect(gone.diagnostics).toHaveLength(isProtected ? 1 : 0);
    expect(resources.list()).toHaveLength(isProtected ? 1 : 0);
  });
});

it("has a life for every type whose facts were read by hand", () => {
  const types = fixtures.map(({ type }) => type);
  expect(Object.keys(facts).filter((type) => !types.includes(type))).toEqual([]);
});

it("has a life for every type that the constructs emit", () => {
  const l1 = join(__dirname, "../../../constructs/l1");
  const emitted = readdirSync(l1).flatMap((file) => {
    const source = readFileSync(join(l1, file), "utf8");
    return [
      ...source.matchAll(/@cdktf\/provider-google\/lib\/((?!data-|provider)[a-z0-9-]+)|Type: "(google_\w+)"/g),
    ].map(([, folder, type]) => type ?? `google_${folder!.replaceAll("-", "_")}`);
  });
  expect(emitted.length).toBeGreaterThan(40);
  const types = fixtures.map(({ type }) => type);
  expect([...new Set(emitted)].filter((type) => !types.includes(type))).toEqual([]);
});
