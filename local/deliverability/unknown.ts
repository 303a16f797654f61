import { isObject, type Value } from "../plan/values";

/*
 * A plan of somebody else has values that only Terraform will know: variables without a default, what Google answers,
 * functions of either. Such a value is a token, text between two characters that no plan has. Equal tokens are equal
 * values; of different ones nothing is known. A token may stand inside longer text: `projects/⟨var.project⟩/topics/t`.
 */
const OPEN = "\uE000";
const CLOSE = "\uE001";

/** The value that is called so; the name appears in messages. */
export const unknown = (name: string): string => `${OPEN}${name.replaceAll(/[\uE000\uE001]/g, "")}${CLOSE}`;

/** Whether nothing in the value is left open. */
export function isKnown(value: Value | undefined): boolean {
  if (typeof value === "string") return !value.includes(OPEN);
  if (Array.isArray(value)) return (value as readonly Value[]).every(isKnown);
  return isObject(value) ? Object.values(value).every(isKnown) : true;
}

/** Text for a person: `projects/<var.project>/topics/t`. */
export const readable = (text: string): string => text.replaceAll(OPEN, "<").replaceAll(CLOSE, ">");

/** Whether two texts are the same, as far as can be known. */
export type Sameness = "yes" | "no" | "maybe";

/** Compares texts with open places; each may turn out to be anything. */
export function same(a: string, b: string): Sameness {
  if (a === b) return "yes";
  if (isKnown(a) && isKnown(b)) return "no";
  return couldBe(a, b) && couldBe(b, a) ? "maybe" : "no";
}

/** Whether the fixed ends of `open` allow it to become `text`, whose own open places may be anything. */
function couldBe(open: string, text: string): boolean {
  const first = open.indexOf(OPEN);
  if (first < 0) return true;
  const head = open.slice(0, first);
  const tail = open.slice(open.lastIndexOf(CLOSE) + 1);
  const fixedHead = text.includes(OPEN) ? text.slice(0, text.indexOf(OPEN)) : text;
  const fixedTail = text.includes(OPEN) ? text.slice(text.lastIndexOf(CLOSE) + 1) : text;
  const heads = head.startsWith(fixedHead) || fixedHead.startsWith(head);
  return heads && (tail.endsWith(fixedTail) || fixedTail.endsWith(tail));
}
