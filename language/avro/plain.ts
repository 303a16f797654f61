import { type AvroType, branchName } from "./schema";

/**
 * A value in Avro's JSON encoding without what the encoding adds: a value of a union without its branch's name, bytes in
 * base64 as everywhere else in JSON. The value must follow the type.
 */
export function plainAvroJson(type: AvroType, value: unknown): unknown {
  switch (type.kind) {
    case "bytes":
    case "fixed":
      return Buffer.from(value as string, "latin1").toString("base64");
    case "array":
      return (value as readonly unknown[]).map((item) => plainAvroJson(type.items, item));
    case "map":
      return mapped(value, (item) => plainAvroJson(type.values, item));
    case "record": {
      const fields = new Map(type.fields.map((field) => [field.name, field.type]));
      return mapped(value, (item, name) => plainAvroJson(fields.get(name)!, item));
    }
    case "union": {
      if (value === null) return null;
      const [[name, item]] = Object.entries(value as object) as [[string, unknown]];
      return plainAvroJson(
        type.branches.find((branch) => branchName(branch) === name)!,
        item,
      );
    }
    default:
      return value;
  }
}

const mapped = (value: unknown, make: (item: unknown, name: string) => unknown) =>
  Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, make(item, name)]));
