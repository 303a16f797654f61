import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { adapters } from "../../../../local/engine/adapters";
import { googleSchema } from "../../../../local/provider/schema/google";
import { type Block, type NestedBlock, typeOfBlock } from "../../../../local/provider/schema/schema";
import { googleBetaSchema, timeSchema } from "../../../../local/provider/schema/small";
import { unpackSchema } from "../../../../local/provider/schema/format";
import { schemaFromBindings } from "../../../../scripts/provider-schema/bindings";
import { pack } from "../../../../scripts/generate-provider-schema";
import facts from "./facts.json";

const google = googleSchema();

interface Paths {
  readonly forceNew: string[];
  readonly defaults: Record<string, unknown>;
  readonly optionalComputed: string[];
  readonly computedBlocks: string[];
  readonly sensitive: string[];
}

function pathsOf(block: Block, prefix = "", paths?: Paths): Paths {
  const found = paths ?? { forceNew: [], defaults: {}, optionalComputed: [], computedBlocks: [], sensitive: [] };
  for (const [name, { forceNew, optional, computed, sensitive, rules }] of Object.entries(block.attributes)) {
    const path = `${prefix}${name}`;
    if (forceNew) found.forceNew.push(path);
    if (rules.default !== undefined) found.defaults[path] = rules.default;
    if (optional && computed && path !== "id") found.optionalComputed.push(path);
    if (sensitive) found.sensitive.push(path);
  }
  for (const [name, nested] of Object.entries(block.blocks)) {
    const path = `${prefix}${name}`;
    if (nested.forceNew) found.forceNew.push(path);
    if (nested.computed) found.computedBlocks.push(path);
    pathsOf(nested.block, `${path}.`, found);
  }
  return found;
}

const blocksOf = (block: Block): NestedBlock[] =>
  Object.values(block.blocks).flatMap((nested) => [nested, ...blocksOf(nested.block)]);

describe("the schema of hashicorp/google", () => {
  it("has every resource type and data source of the release", () => {
    expect(google.resources).toHaveLength(1096);
    expect(google.dataSources).toHaveLength(373);
  });

  it("reads every type, and each has an id that Google gives", () => {
    const without = google.resources.filter((type) => {
      const { block } = google.resource(type)!;
      const { id } = block.attributes;
      return !id?.computed || id.type !== "string" || typeOfBlock(block)[0] !== "object";
    });
    expect(without).toEqual([]);
    expect(google.dataSources.filter((type) => !google.dataSource(type))).toEqual([]);
  });

  it("never asks for an argument that it computes, which Terraform would refuse for the whole provider", () => {
    const schemas = [google.provider, ...google.resources.map((type) => google.resource(type)!)];
    const attributes = schemas
      .flatMap(({ block }) => [block, ...blocksOf(block).map(({ block }) => block)])
      .flatMap(({ attributes }) => Object.entries(attributes));
    const wrong = attributes.filter(([, { required, optional, computed }]) => required === (optional || computed));
    expect(attributes.length).toBeGreaterThan(20_000);
    expect(wrong).toEqual([]);
  });

  it("knows no type that there is not", () => {
    expect(google.resource("google_pubsub_topik")).toBeUndefined();
    expect(google.resource("provider")).toBeUndefined();
    expect(google.dataSource("google_pubsub_topik")).toBeUndefined();
  });

  it("is read by the type: one costs a small part of all", () => {
    const fresh = googleSchema();
    const parse = jest.spyOn(JSON, "parse");
    try {
      const read = () => parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
      fresh.resource("google_pubsub_subscription");
      const one = read();
      expect(one).toBeGreaterThan(0);
      fresh.resource("google_pubsub_subscription");
      expect(read()).toBe(one);
      for (const type of fresh.resources) fresh.resource(type);
      expect(one).toBeLessThan(read() / 100);
    } finally {
      parse.mockRestore();
    }
  });
});

/**
 * Read off the provider's source at v6.50.0 by hand, apart from the extraction; `google_firestore_field` off the definition
 * that the source is generated from, GoogleCloudPlatform/magic-modules, mmv1/products/firestore/Field.yaml.
 */
describe("the facts about a type", () => {
  const sorted = (paths: readonly string[] | undefined) => [...(paths ?? [])].sort();
  it.each(Object.entries(facts as Record<string, Partial<Paths>>))("of %s", (type, expected) => {
    const found = pathsOf(google.resource(type)!.block);
    expect({
      forceNew: sorted(found.forceNew),
      defaults: found.defaults,
      optionalComputed: sorted(found.optionalComputed),
      computedBlocks: sorted(found.computedBlocks),
      sensitive: sorted(found.sensitive),
    }).toEqual({
      forceNew: sorted(expected.forceNew),
      defaults: expected.defaults ?? {},
      optionalComputed: sorted(expected.optionalComputed),
      computedBlocks: sorted(expected.computedBlocks),
      sensitive: sorted(expected.sensitive),
    });
  });
});

describe("the arguments of a type that the engine knows", () => {
  const lib = join(dirname(require.resolve("@cdktf/provider-google/package.json")), "lib");
  /** Names in the object that the bindings write into a plan. */
  const argumentsOf = (type: string) => {
    const source = readFileSync(join(lib, type.replace("google_", "").replaceAll("_", "-"), "index.js"), "utf8");
    const body = /synthesizeHclAttributes\(\) \{\n\s+const attrs = \{\n([\s\S]*?)\n {8}\};/.exec(source)![1]!;
    return [...body.matchAll(/^ {12}(\w+): \{$/gm)].map(([, name]) => name!).sort();
  };
  const types = [...adapters.keys()].filter((type) => google.resource(type));

  it.each(types)("%s are those of the bindings", (type) => {
    const { attributes, blocks } = google.resource(type)!.block;
    const settable = Object.entries(attributes).filter(([, { required, optional }]) => required || optional);
    expect([...settable.map(([name]) => name), ...Object.keys(blocks)].sort()).toEqual(argumentsOf(type));
  });
});

describe("what the bindings say of a type", () => {
  /** Without what no bindings have: limits above one, and what is filled by Google. */
  const shapeOf = ({ attributes, blocks }: Block): object => ({
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { type, required, optional }]) => [name, { type, required, optional }]),
    ),
    blocks: Object.fromEntries(
      Object.entries(blocks).map(([name, { nesting, minItems, maxItems, block }]) => [
        name,
        { nesting, minItems, single: maxItems === 1, ...shapeOf(block) },
      ]),
    ),
  });
  const nothing = { computed: new Set<string>(), sensitive: new Set<string>() };
  /** Names and types in another order are the same. */
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, one]) => [name, ordered(one)]),
    );
  };
  const read = (type: string): Block | string => {
    try {
      return unpackSchema(pack(type, schemaFromBindings(type, nothing), {})).block;
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("is what was read off the provider's source, of every type", () => {
    const differ = google.resources.filter((type) => {
      const found = read(type);
      if (typeof found === "string") return true;
      const [one, other] = [found, google.resource(type)!.block].map((block) =>
        JSON.stringify(ordered(shapeOf(block))),
      );
      return one !== other;
    });
    // Their bindings are spread over several modules, which are not read.
    expect(differ).toEqual(["google_container_cluster", "google_data_loss_prevention_deidentify_template"]);
  });

  it("is all there is of the types that the archive lacks", () => {
    const { attributes, blocks } = google.resource("google_project_iam_audit_config")!.block;
    expect(Object.keys(attributes)).toEqual(["etag", "id", "project", "service"]);
    expect(attributes["project"]).toMatchObject({ required: true, forceNew: true });
    expect(blocks["audit_log_config"]).toMatchObject({ nesting: "set", minItems: 1, maxItems: 0 });
  });
});

describe("the providers written by hand", () => {
  it("have the types that plans of this project use", () => {
    expect(googleBetaSchema().resources).toEqual([
      "google_dataflow_flex_template_job",
      "google_project_service_identity",
    ]);
    expect(timeSchema().resources).toEqual(["time_sleep"]);
  });
});
