import type { IConstruct } from "constructs";
import type { EventAttributes } from "../../contract/topic";
import { checkFilter, type Filter, MAX_FILTER_BYTES } from "../../language/filter";
import { check, isKnown, type Rule } from "../core";

/** Conditions on one attribute of a message. Keys and values are case-sensitive. */
export interface AttributeConditions<Value extends string = string> {
  /** The message has the attribute. */
  exists(): Filter;
  is(value: Value): Filter;
  /** True also for messages without the attribute. */
  isNot(value: Value): Filter;
  isOneOf(...values: readonly [Value, ...Value[]]): Filter;
  startsWith(prefix: string): Filter;
}

/** Conditions on an attribute by its key, whatever publishers set. */
export const attribute = (key: string): AttributeConditions => ({
  exists: () => ({ kind: "has", key }),
  is: (value) => ({ kind: "equals", key, value }),
  isNot: (value) => ({ kind: "differs", key, value }),
  isOneOf: (...values) =>
    joined(
      "or",
      values.map((value) => ({ kind: "equals", key, value })),
    ),
  startsWith: (prefix) => ({ kind: "hasPrefix", key, prefix }),
});

/**
 * Conditions on the attributes that a topic's publishers set (`defineTopic`): a key that they do not set, or a value
 * that cannot be, does not compile.
 */
export const attributesOf =
  <Attributes extends EventAttributes>(_topic: { attributes?(event: never): Attributes }) =>
  <Key extends keyof Attributes & string>(key: Key): AttributeConditions<Attributes[Key]> =>
    attribute(key);

export const all = (...filters: readonly [Filter, ...Filter[]]): Filter => joined("and", filters);
export const any = (...filters: readonly [Filter, ...Filter[]]): Filter => joined("or", filters);
export const not = (operand: Filter): Filter => ({ kind: "not", operand });

/** One condition stays as it is; conditions joined the same way become one list, which saves parentheses. */
function joined(kind: "and" | "or", filters: readonly Filter[]): Filter {
  const operands = filters.flatMap((filter) => (filter.kind === kind ? filter.operands : [filter]));
  return operands.length === 1 ? operands[0]! : { kind, operands };
}

const tooLong = (text: string) => Buffer.byteLength(text) > MAX_FILTER_BYTES;

const RULES: readonly Rule<string>[] = [
  {
    code: "MR1117",
    fault: (text) =>
      tooLong(text) && {
        problem: `the filter is ${Buffer.byteLength(text)} bytes long; Pub/Sub takes ${MAX_FILTER_BYTES}`,
        got: text,
        want: `≤ ${MAX_FILTER_BYTES} bytes`,
      },
  },
  {
    code: "MR1118",
    fault: (text) => {
      if (tooLong(text)) return undefined;
      const faults = checkFilter(text).map(({ message, offset }) => `${message} at character ${offset + 1}`);
      return faults.length > 0 && { problem: `the filter \`${text}\` does not parse: ${faults.join("; ")}`, got: text };
    },
  },
];

/** Reports a filter that Pub/Sub would refuse. */
export function checkFilterText(construct: IConstruct, text: string): void {
  if (isKnown(text)) check(construct, text, RULES);
}
