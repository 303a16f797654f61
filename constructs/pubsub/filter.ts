import type { IConstruct } from "constructs";
import { checkFilter, type Filter, MAX_FILTER_BYTES } from "../../language/filter";
import { check, isKnown, type Rule } from "../core";

/** Conditions on one attribute of a message. Keys and values are case-sensitive. */
export const attribute = (key: string) => ({
  /** The message has the attribute. */
  exists: (): Filter => ({ kind: "has", key }),
  is: (value: string): Filter => ({ kind: "equals", key, value }),
  /** True also for messages without the attribute. */
  isNot: (value: string): Filter => ({ kind: "differs", key, value }),
  isOneOf: (...values: readonly [string, ...string[]]): Filter =>
    joined(
      "or",
      values.map((value) => ({ kind: "equals", key, value })),
    ),
  startsWith: (prefix: string): Filter => ({ kind: "hasPrefix", key, prefix }),
});

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
