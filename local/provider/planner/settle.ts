import type { Json } from "../../../contract/json";
import { type Attributes, isObject } from "../../plan/values";
import type { Block, NestedBlock } from "../schema/schema";
import { fromJson } from "../values/convert";
import { isObjectValue, members, type ObjectValue, type Type, UNKNOWN, type Value } from "../values/value";

/** What stands for a computed attribute of which nobody says anything. */
export type StandIn = (name: string, type: Type) => Value;

/**
 * What a resource is once it exists: everything that was planned, and what was unknown from what the engine computed.
 * Nothing of the result is unknown.
 * @throws ValueFault when the engine computed a value of another type, which is a fault of the engine
 */
export function settle(block: Block, planned: ObjectValue, computed: Attributes, standIn: StandIn): ObjectValue {
  const attributes = Object.entries(block.attributes).map(([name, { type }]) => {
    const given = Object.hasOwn(computed, name) ? computed[name]! : null;
    return [name, settleValue(planned[name] ?? null, type, given, () => standIn(name, type))] as const;
  });
  const blocks = Object.entries(block.blocks).map(([name, nested]) => {
    const given = Object.hasOwn(computed, name) ? computed[name]! : null;
    return [name, settleNested(nested, planned[name] ?? null, given)] as const;
  });
  return Object.fromEntries([...attributes, ...blocks]);
}

/** @param given what the engine says; what is known already is not asked for */
function settleValue(planned: Value, type: Type, given: Json, standIn: () => Value): Value {
  if (planned !== UNKNOWN) return planned;
  return given === null ? standIn() : fromJson(given, type);
}

function settleNested(nested: NestedBlock, planned: Value, given: Json): Value {
  // A block that is there once may be written without its list.
  const elements = (Array.isArray(given) ? given : [given]) as readonly Json[];
  const object = (index: number): Attributes => {
    const element = elements[index] ?? null;
    return isObject(element) ? element : {};
  };
  // Attributes inside blocks have no address of their own to stand for.
  const none: StandIn = () => null;
  const one = (value: ObjectValue, index: number) => settle(nested.block, value, object(index), none);
  if (nested.nesting === "single") return isObjectValue(planned) ? one(planned, 0) : null;
  if (planned === UNKNOWN) return elements.filter(isObject).map((_, index) => one(unknownOf(nested.block), index));
  return members(planned).map((value, index) => one(isObjectValue(value) ? value : {}, index));
}

const unknownOf = ({ attributes, blocks }: Block): ObjectValue =>
  Object.fromEntries([...Object.keys(attributes), ...Object.keys(blocks)].map((name) => [name, UNKNOWN]));

/** An object with everything a block's value must have: absent lists and sets of blocks are empty, never null. */
export function complete(block: Block, value: ObjectValue): ObjectValue {
  const attributes = Object.keys(block.attributes).map((name) => [name, value[name] ?? null] as const);
  const blocks = Object.entries(block.blocks).map(([name, nested]) => {
    const inside = value[name] ?? null;
    if (nested.nesting === "single")
      return [name, isObjectValue(inside) ? complete(nested.block, inside) : null] as const;
    return [
      name,
      members(inside).map((element) => (isObjectValue(element) ? complete(nested.block, element) : element)),
    ] as const;
  });
  return Object.fromEntries([...attributes, ...blocks]);
}
