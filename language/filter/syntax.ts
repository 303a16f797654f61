/**
 * The filter language of Pub/Sub subscriptions.
 * https://cloud.google.com/pubsub/docs/subscription-message-filter
 */
export type Filter =
  | { readonly kind: "has"; readonly key: string }
  | { readonly kind: "equals"; readonly key: string; readonly value: string }
  | { readonly kind: "differs"; readonly key: string; readonly value: string }
  | { readonly kind: "hasPrefix"; readonly key: string; readonly prefix: string }
  | { readonly kind: "not"; readonly operand: Filter }
  | { readonly kind: "and" | "or"; readonly operands: readonly Filter[] };

/** What is wrong with a filter's text. */
export interface FilterFault {
  readonly message: string;
  /** UTF-16 code units from the start. */
  readonly offset: number;
}

/** Longest filter, in bytes of UTF-8. */
export const MAX_FILTER_BYTES = 256;

/** Whether a message with these attributes passes. Keys and values are case-sensitive. */
export function matches(filter: Filter, attributes: Readonly<Record<string, string>>): boolean {
  const value = "key" in filter && Object.hasOwn(attributes, filter.key) ? attributes[filter.key] : undefined;
  switch (filter.kind) {
    case "has":
      return value !== undefined;
    case "equals":
      return value === filter.value;
    case "differs":
      return value !== filter.value;
    case "hasPrefix":
      return value?.startsWith(filter.prefix) ?? false;
    case "not":
      return !matches(filter.operand, attributes);
    case "and":
      return filter.operands.every((operand) => matches(operand, attributes));
    default:
      return filter.operands.some((operand) => matches(operand, attributes));
  }
}

/** The canonical text of a filter; parsing it gives the same filter back. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "has":
      return `attributes:${printKey(filter.key)}`;
    case "equals":
      return `attributes.${printKey(filter.key)} = ${quote(filter.value)}`;
    case "differs":
      return `attributes.${printKey(filter.key)} != ${quote(filter.value)}`;
    case "hasPrefix":
      return `hasPrefix(attributes.${printKey(filter.key)}, ${quote(filter.prefix)})`;
    case "not":
      return `NOT ${operand(filter.operand)}`;
    default:
      return filter.operands.map(operand).join(` ${filter.kind.toUpperCase()} `);
  }
}

const operand = (filter: Filter) =>
  filter.kind === "and" || filter.kind === "or" ? `(${printFilter(filter)})` : printFilter(filter);

const printKey = (key: string) => (/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(key) ? key : quote(key));

/** Google allows non-printing characters in a string only escaped. */
const quote = (text: string) =>
  `"${text.replace(/["\\]/g, "\\$&").replace(/[^\P{Cc}]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
