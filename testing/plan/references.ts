import type { Json } from "../../contract/json";

/** A reference in a plan: `${google_pubsub_topic.Orders_1A2B.id}`. */
export interface Reference {
  /** `google_pubsub_topic.Orders_1A2B`, or `data.…` for a data source. */
  readonly address: string;
  /** What is read of it: `id`, `outputs.name`, `rules[0].service`. */
  readonly attribute: string;
}

const NAME = "[A-Za-z_][\\w-]*";
const REFERENCE = new RegExp(`\\$\\{((?:data\\.)?${NAME}\\.${NAME})\\.([^}\\s]+)\\}`, "g");
const ALONE = new RegExp(`^${REFERENCE.source}$`);

/** What text refers to, in order; expressions that are more than a reference have none. */
export const referencesIn = (text: string): readonly Reference[] =>
  [...text.matchAll(REFERENCE)].map(([, address, attribute]) => ({ address: address!, attribute: attribute! }));

/** The reference that the value is, or nothing when it is anything else. */
export function asReference(value: Json | undefined): Reference | undefined {
  const match = typeof value === "string" ? ALONE.exec(value) : null;
  return match ? { address: match[1]!, attribute: match[2]! } : undefined;
}

/** The text with each reference replaced by what is known of it; the others stay as `address.attribute`. */
export const withKnown = (text: string, known: (reference: Reference) => string | undefined): string =>
  text.replace(REFERENCE, (_all, address: string, attribute: string) => {
    return known({ address, attribute }) ?? `${address}.${attribute}`;
  });

/** The value at a path such as `dead_letter_policy.dead_letter_topic`; a list of one block is that block. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  let found = value;
  for (const part of path.split(".")) {
    if (Array.isArray(found) && found.length === 1 && !/^\d+$/.test(part)) found = found[0] as Json;
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Readonly<Record<string, Json>>)[part];
  }
  return found;
}
