import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type PackedSchema, unpackSchema } from "./format";
import type { Schema } from "./schema";
import type { ProviderSchema } from "./provider-schema";

/** The release whose schema this is; the bindings of the constructs belong to the same one. */
export const GOOGLE_VERSION = "6.50.0";

/**
 * The schema of hashicorp/google. A type is parsed when it is first asked for: parsing all of them would cost more than
 * everything else a plan does here.
 */
export function googleSchema(): ProviderSchema {
  const text = readFileSync(join(__dirname, "google.generated.json"), "utf8");
  const index = indexLines(text);
  const parsed = new Map<string, Schema>();
  const read = (key: string): Schema | undefined => {
    const known = parsed.get(key);
    const range = index.get(key);
    if (known || !range) return known;
    const schema = unpackSchema(JSON.parse(text.slice(...range)) as PackedSchema);
    parsed.set(key, schema);
    return schema;
  };
  const names = [...index.keys()];
  return {
    source: "registry.terraform.io/hashicorp/google",
    version: GOOGLE_VERSION,
    provider: read("provider")!,
    resources: names.filter((key) => key.startsWith("google_")),
    dataSources: names.filter((key) => key.startsWith(DATA)).map((key) => key.slice(DATA.length)),
    resource: (type) => (type.startsWith("google_") ? read(type) : undefined),
    dataSource: (type) => read(`${DATA}${type}`),
  };
}

const DATA = "data.";

/** Where each line's value stands; a line is `"name":{…},`. */
function indexLines(text: string): ReadonlyMap<string, readonly [begin: number, end: number]> {
  const index = new Map<string, readonly [number, number]>();
  for (let begin = text.indexOf("\n") + 1; text[begin] === '"';) {
    const newline = text.indexOf("\n", begin);
    const quote = text.indexOf('"', begin + 1);
    const end = text[newline - 1] === "," ? newline - 1 : newline;
    index.set(text.slice(begin + 1, quote), [quote + 2, end]);
    begin = newline + 1;
  }
  return index;
}
