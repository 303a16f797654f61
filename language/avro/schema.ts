/** Avro's types, names resolved. https://avro.apache.org/docs/1.11.1/specification/ */
export type AvroType =
  | { readonly kind: Primitive }
  | { readonly kind: "record"; readonly name: string; readonly fields: AvroField[] }
  | { readonly kind: "enum"; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: "fixed"; readonly name: string; readonly size: number }
  | { readonly kind: "array"; readonly items: AvroType }
  | { readonly kind: "map"; readonly values: AvroType }
  | { readonly kind: "union"; readonly branches: readonly AvroType[] };

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly hasDefault: boolean;
}

export type Primitive = (typeof PRIMITIVES)[number];

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] as const;

export type AvroSchema =
  | { readonly ok: true; readonly type: AvroType }
  /** Why it is no schema, with the place: `at fields.id: …`. */
  | { readonly ok: false; readonly mistake: string };

class Mistake extends Error {
  constructor(path: string, problem: string) {
    super(path === "" ? problem : `at ${path.slice(1)}: ${problem}`);
  }
}

/** @param definition the schema's JSON as text */
export function parseAvroSchema(definition: string): AvroSchema {
  try {
    return { ok: true, type: typeOf(JSON.parse(definition), { path: "", namespace: "", named: new Map() }) };
  } catch (error) {
    if (error instanceof Mistake || error instanceof SyntaxError) return { ok: false, mistake: error.message };
    if (error instanceof RangeError) return { ok: false, mistake: "it is nested too deep" };
    throw error;
  }
}

interface Place {
  readonly path: string;
  readonly namespace: string;
  /** Types of the whole schema by their full names. */
  readonly named: Map<string, AvroType>;
}

type Json = { readonly [key: string]: unknown };

const isPrimitive = (name: string): name is Primitive => (PRIMITIVES as readonly string[]).includes(name);

const under = (place: Place, name: string | number): Place => ({ ...place, path: `${place.path}.${name}` });

function typeOf(json: unknown, place: Place): AvroType {
  if (typeof json === "string") return referred(json, place);
  if (Array.isArray(json)) return union(json, place);
  if (typeof json !== "object" || json === null) throw new Mistake(place.path, "a type is a name, an object or a list");
  const schema = json as Json;
  switch (schema["type"]) {
    case "record":
      return record(schema, place);
    case "enum": {
      const symbols = listOf(schema, "symbols", place).map((symbol) => simpleName(symbol, place));
      if (new Set(symbols).size < symbols.length) throw new Mistake(place.path, "a symbol is there twice");
      return define({ kind: "enum", name: fullName(schema, place), symbols }, place);
    }
    case "fixed": {
      const size = schema["size"];
      if (!Number.isInteger(size) || (size as number) < 0) throw new Mistake(place.path, "size must be a whole number");
      return define({ kind: "fixed", name: fullName(schema, place), size: size as number }, place);
    }
    case "array":
      return { kind: "array", items: typeOf(schema["items"], under(place, "items")) };
    case "map":
      return { kind: "map", values: typeOf(schema["values"], under(place, "values")) };
    // A primitive with properties, a logical type for one, or a type inside of a type.
    default:
      return typeOf(schema["type"], place);
  }
}

function referred(name: string, { path, namespace, named }: Place): AvroType {
  if (isPrimitive(name)) return { kind: name };
  const found = named.get(name.includes(".") || !namespace ? name : `${namespace}.${name}`) ?? named.get(name);
  if (!found) throw new Mistake(path, `there is no type ${JSON.stringify(name)}`);
  return found;
}

function union(json: readonly unknown[], place: Place): AvroType {
  const branches = json.map((branch, index) => typeOf(branch, under(place, index)));
  const names = branches.map(branchName);
  if (names.includes("union")) throw new Mistake(place.path, "a union must not hold another one");
  if (new Set(names).size < names.length) throw new Mistake(place.path, "a union holds a type twice");
  return { kind: "union", branches };
}

function record(schema: Json, place: Place): AvroType {
  const name = fullName(schema, place);
  const fields: AvroField[] = [];
  const made = define({ kind: "record", name, fields }, place);
  const inside = { ...place, namespace: name.split(".").slice(0, -1).join(".") };
  for (const field of listOf(schema, "fields", place)) {
    if (typeof field !== "object" || field === null) throw new Mistake(place.path, "a field is an object");
    const fieldName = simpleName((field as Json)["name"], place);
    if (fields.some((other) => other.name === fieldName)) throw new Mistake(place.path, `two fields ${fieldName}`);
    const type = typeOf((field as Json)["type"], under(inside, fieldName));
    fields.push({ name: fieldName, type, hasDefault: "default" in field });
  }
  return made;
}

function define<T extends AvroType & { readonly name: string }>(type: T, { path, named }: Place): T {
  if (named.has(type.name)) throw new Mistake(path, `${type.name} is defined twice`);
  named.set(type.name, type);
  return type;
}

function listOf(schema: Json, key: string, { path }: Place): readonly unknown[] {
  const list = schema[key];
  if (!Array.isArray(list)) throw new Mistake(path, `${key} must be a list`);
  return list;
}

function simpleName(name: unknown, { path }: Place): string {
  if (typeof name !== "string" || !/^[A-Za-z_]\w*$/.test(name))
    throw new Mistake(path, `${JSON.stringify(name) ?? "nothing"} is no name`);
  return name;
}

function fullName(schema: Json, place: Place): string {
  const { name, namespace } = schema;
  if (typeof name === "string" && name.includes(".")) {
    name.split(".").forEach((part) => simpleName(part, place));
    return name;
  }
  const space = typeof namespace === "string" ? namespace : place.namespace;
  return space ? `${space}.${simpleName(name, place)}` : simpleName(name, place);
}

/** How a union names a branch, in its rules and in JSON. */
export const branchName = (type: AvroType): string => ("name" in type ? type.name : type.kind);
