import { type AvroType, branchName } from "./schema";

/**
 * Why a value is not of a type in Avro's JSON encoding, with its place, if it is not: a value of a union other than null
 * names its branch, bytes are text of U+0000 to U+00FF. Fields that the schema does not know are refused; one that has a
 * default may be left out. https://avro.apache.org/docs/1.11.1/specification/#json-encoding
 */
export function avroJsonFault(type: AvroType, value: unknown, path = ""): string | undefined {
  const wanted = (what: string) => `${path === "" ? "the message" : path.slice(1)} must be ${what}`;
  switch (type.kind) {
    case "null":
      return value === null ? undefined : wanted("null");
    case "boolean":
      return typeof value === "boolean" ? undefined : wanted("true or false");
    case "int":
      return Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31
        ? undefined
        : wanted("a whole number of 32 bits");
    case "long":
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63
        ? undefined
        : wanted("a whole number of 64 bits");
    case "float":
    case "double":
      return typeof value === "number" ? undefined : wanted("a number");
    case "string":
      return typeof value === "string" ? undefined : wanted("text");
    case "bytes":
      return isBytes(value) ? undefined : wanted("text of bytes");
    case "fixed":
      return isBytes(value) && value.length === type.size ? undefined : wanted(`text of ${type.size} bytes`);
    case "enum":
      return type.symbols.includes(value as string) ? undefined : wanted(`one of ${type.symbols.join(", ")}`);
    case "array":
      if (!Array.isArray(value)) return wanted("a list");
      return first(value.entries(), ([index, item]) => avroJsonFault(type.items, item, `${path}.${index}`));
    case "map":
      if (!isObject(value)) return wanted("an object");
      return first(Object.entries(value), ([key, item]) => avroJsonFault(type.values, item, `${path}.${key}`));
    case "record": {
      if (!isObject(value)) return wanted("an object");
      const known = new Set(type.fields.map(({ name }) => name));
      const stranger = Object.keys(value).find((name) => !known.has(name));
      if (stranger !== undefined) return `${`${path}.${stranger}`.slice(1)} is no field of ${type.name}`;
      return first(type.fields, ({ name, type: of, hasDefault }) =>
        !Object.hasOwn(value, name) && hasDefault ? undefined : avroJsonFault(of, value[name], `${path}.${name}`),
      );
    }
    case "union":
    default:
      return unionFault(type.branches, value, path, wanted);
  }
}

function unionFault(
  branches: readonly AvroType[],
  value: unknown,
  path: string,
  wanted: (what: string) => string,
): string | undefined {
  const names = branches.map(branchName);
  if (value === null && names.includes("null")) return undefined;
  const [entry, ...more] = isObject(value) ? Object.entries(value) : [];
  const branch = entry && branches[names.indexOf(entry[0])];
  if (branch && more.length === 0 && branch.kind !== "null") return avroJsonFault(branch, entry[1], path);
  const forms = names.map((name) => (name === "null" ? name : `{"${name}": …}`));
  return wanted(forms.join(" or "));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isBytes = (value: unknown): value is string =>
  typeof value === "string" && Array.from(value, (char) => char.codePointAt(0)!).every((code) => code <= 0xff);

function first<T>(items: Iterable<T>, fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
