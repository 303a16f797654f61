import { type Random, seededRandom } from "../../../local/engine/random";
import { settingsOf } from "../../../local/provider/planner/settings";
import { createProvider } from "../../../local/provider/provider";
import { createResources } from "../../../local/provider/resources";
import { valueTypes } from "../../../local/provider/schema/all";
import { googleSchema } from "../../../local/provider/schema/google";
import { type Attribute, type Block, type NestedBlock, typeOfBlock } from "../../../local/provider/schema/schema";
import { decodeValue, encodeValue } from "../../../local/provider/values/msgpack";
import { isKnown, type ObjectValue, sameValue, type Type, type Value } from "../../../local/provider/values/value";

const schema = googleSchema();
const settings = settingsOf({ project: "demo", region: "europe-west1", zone: "europe-west1-b" });

/** A configuration with everything that is required, and with the given share of what is not. */
function configOf(block: Block, random: Random, share: number): ObjectValue {
  const attributes = Object.entries(block.attributes).map(([name, attribute]) => {
    const set = attribute.required || (attribute.optional && random.next() < share);
    return [name, set ? valueOf(attribute.type, attribute, random) : null] as const;
  });
  const blocks = Object.entries(block.blocks).map(([name, nested]) => [name, nestedOf(nested, random, share)] as const);
  return Object.fromEntries([...attributes, ...blocks]);
}

function nestedOf({ nesting, minItems, maxItems, block }: NestedBlock, random: Random, share: number): Value {
  const more = random.next() < share ? 1 + random.below(2) : 0;
  const count = Math.min(Math.max(minItems, more), maxItems || 3);
  const elements = Array.from({ length: count }, () => configOf(block, random, share));
  return nesting === "single" ? (elements[0] ?? null) : elements;
}

function valueOf(type: Type, { rules }: Pick<Attribute, "rules">, random: Random): Value {
  if (type === "string") return rules.enum?.find(Boolean) ?? `text-${random.below(1_000)}`;
  if (type === "number") return random.below(2) ? random.below(100) : random.below(100) / 8;
  if (type === "bool") return random.below(2) === 0;
  if (type === "dynamic") return null;
  const inner = (of: Type) => valueOf(of, { rules: {} }, random);
  if (type[0] === "object") return Object.fromEntries(Object.entries(type[1]).map(([name, of]) => [name, inner(of)]));
  if (type[0] === "tuple") return type[1].map(inner);
  return type[0] === "map" ? { key: inner(type[1]), other: inner(type[1]) } : [inner(type[1]), inner(type[1])];
}

/** What does not hold of a type whose resource is created from a configuration, planned again, changed and destroyed. */
function faultsOf(type: string, random: Random, share: number): readonly string[] {
  const { block } = schema.resource(type)!;
  const valueType = typeOfBlock(block);
  const resources = createResources({ typeOf: valueTypes([schema]) });
  const provider = createProvider({ schema, resources, stack: "s", directory: "/", projectNumber: () => "1" });
  const config = configOf(block, random, share);
  const { planned } = provider.plan(type, settings, null, config);
  const { state, diagnostics } = provider.apply({ type, settings, prior: null, planned });
  // An adapter may refuse what makes no sense, as Google would.
  if (!state) return diagnostics.length > 0 ? [] : ["neither exists nor says why"];
  const travelled = (value: ObjectValue) => sameValue(decodeValue(encodeValue(value), valueType), value, valueType);
  const again = provider.plan(type, settings, provider.read(type, state).state, config);
  const other = provider.plan(type, settings, state, configOf(block, random, share)).planned!;
  const checks: Readonly<Record<string, boolean>> = {
    "the plan does not survive the wire": travelled(planned!),
    "the state does not survive the wire": travelled(state),
    "the state has something unknown": isKnown(state),
    "the state has no id": typeof state["id"] === "string" && state["id"] !== "",
    "the second plan is not empty": sameValue(again.planned, state, valueType),
    "the second plan replaces": again.requiresReplace.length === 0,
    "a change does not survive the wire": travelled(other),
  };
  return Object.keys(checks).filter((fault) => !checks[fault]);
}

describe("every resource type", () => {
  it.each([
    ["with what is required alone", 0],
    ["with half of what is optional", 0.5],
  ])("is planned, made, kept and left alone %s", (_what, share) => {
    const faults = schema.resources.flatMap((type) => {
      const found = faultsOf(type, seededRandom(`${type}/${share}`), share);
      return found.map((fault) => `${type}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });
});
