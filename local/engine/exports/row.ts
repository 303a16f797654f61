import { avroJsonFault, type AvroType, plainAvroJson, readAvroBinary } from "../../../language/avro";
import type { Message } from "../pubsub";
import type { Column } from "./columns";

/** A row of a table, or why a message makes none. */
export type Row =
  | { readonly ok: true; readonly row: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

export interface RowOptions {
  readonly subscription: string;
  readonly columns: readonly Column[];
  /** Whether the message's own fields become columns, or all of it goes to `data`. */
  readonly fields: boolean;
  /** Avro's schema of the topic, where the columns are its fields. */
  readonly schema?: { readonly type: AvroType; readonly encoding: "JSON" | "BINARY" };
  readonly dropUnknownFields: boolean;
  readonly writeMetadata: boolean;
}

const METADATA = ["subscription_name", "message_id", "publish_time", "attributes"];
const DATA = "data";

class Misfit extends Error {}

/** What Pub/Sub writes of a message. https://cloud.google.com/pubsub/docs/bigquery */
export function rowOf(message: Message, options: RowOptions): Row {
  const { columns, fields, writeMetadata } = options;
  try {
    const own = fields ? ownFields(message, options) : { [DATA]: dataOf(message, columnOf(columns, DATA)) };
    return { ok: true, row: { ...own, ...(writeMetadata && metadataOf(message, options)) } };
  } catch (error) {
    if (error instanceof Misfit) return { ok: false, reason: error.message };
    throw error;
  }
}

function columnOf(columns: readonly Column[], name: string): Column {
  const found = columns.find((column) => column.name.toLowerCase() === name);
  if (!found) throw new Misfit(`the table has no column "${name}"`);
  return found;
}

function dataOf({ data }: Message, { type }: Column): unknown {
  if (type === "BYTES") return data.toString("base64");
  const text = data.toString("utf8");
  if (!Buffer.from(text).equals(data)) throw new Misfit(`the data is no UTF-8, and the column "${DATA}" is ${type}`);
  if (type === "JSON") return parsed(text);
  if (type !== "STRING") throw new Misfit(`the column "${DATA}" is ${type}; it must be BYTES, STRING or JSON`);
  return text;
}

function metadataOf(message: Message, { columns, subscription }: RowOptions) {
  const attributes = columnOf(columns, "attributes");
  const values: Readonly<Record<string, unknown>> = {
    subscription_name: subscription,
    message_id: message.id,
    publish_time: new Date(message.publishedMs).toISOString(),
    attributes: attributes.type === "JSON" ? message.attributes : JSON.stringify(message.attributes),
  };
  return Object.fromEntries(METADATA.map((name) => [columnOf(columns, name).name, values[name]]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Misfit("the data is not JSON");
  }
}

/** What a message says. A transform of the subscription may have made JSON of it that follows no schema. */
function valueOf(data: Buffer, schema: RowOptions["schema"]): unknown {
  if (schema?.encoding === "BINARY") {
    const read = readAvroBinary(schema.type, data);
    if ("value" in read) return read.value;
  }
  const given = parsed(data.toString("utf8"));
  // JSON names the branch of every union.
  const follows = schema?.encoding === "JSON" && avroJsonFault(schema.type, given) === undefined;
  return follows ? plainAvroJson(schema.type, given) : given;
}

function ownFields({ data }: Message, { columns, schema, dropUnknownFields, writeMetadata }: RowOptions) {
  const value = valueOf(data, schema);
  if (!isRecord(value)) throw new Misfit("the data is no JSON object");
  const own = columns.filter(({ name }) => !writeMetadata || !METADATA.includes(name.toLowerCase()));
  return record(value, own, dropUnknownFields, "");
}

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function record(value: Fields, columns: readonly Column[], dropUnknown: boolean, path: string): Fields {
  const known = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const unknown = Object.keys(value).filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length > 0 && !dropUnknown)
    throw new Misfit(`the table has no column ${unknown.map((name) => `"${path}${name}"`).join(", ")}`);
  const given = new Map(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item]));
  const row: Record<string, unknown> = {};
  for (const [name, column] of known) {
    const item = given.get(name) ?? null;
    const at = `${path}${column.name}`;
    if (column.mode === "REPEATED") {
      if (item === null) continue;
      if (!Array.isArray(item)) throw new Misfit(`"${at}" is repeated, and the message has no list there`);
      row[column.name] = item.map((one) => cell(one, column, dropUnknown, at));
    } else if (item !== null) row[column.name] = cell(item, column, dropUnknown, at);
    else if (column.mode === "REQUIRED") throw new Misfit(`the message has no "${at}", which is required`);
  }
  return row;
}

/** Names that BigQuery has for one type. https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema */
const ALIASES: Readonly<Record<string, string>> = {
  INT64: "INTEGER",
  FLOAT64: "FLOAT",
  BOOL: "BOOLEAN",
  STRUCT: "RECORD",
  DECIMAL: "NUMERIC",
  BIGDECIMAL: "BIGNUMERIC",
};

const TESTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  STRING: (value) => typeof value === "string",
  BYTES: (value) => typeof value === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value),
  INTEGER: (value) =>
    (typeof value === "number" && Number.isInteger(value)) || (typeof value === "string" && /^-?\d+$/.test(value)),
  FLOAT: (value) =>
    typeof value === "number" || (typeof value === "string" && value !== "" && !Number.isNaN(Number(value))),
  NUMERIC: (value) => typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)),
  BOOLEAN: (value) => typeof value === "boolean" || value === "true" || value === "false",
  TIMESTAMP: (value) => typeof value === "number" || (typeof value === "string" && !Number.isNaN(Date.parse(value))),
  DATE: (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value),
  TIME: (value) => typeof value === "string" && /^\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(value),
  DATETIME: (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(value),
};

function cell(value: unknown, column: Column, dropUnknown: boolean, path: string): unknown {
  const type = ALIASES[column.type] ?? column.type;
  if (type === "RECORD") {
    if (!isRecord(value)) throw new Misfit(`"${path}" is a record, and the message has none there`);
    return record(value, column.fields ?? [], dropUnknown, `${path}.`);
  }
  const test = TESTS[type === "BIGNUMERIC" ? "NUMERIC" : type];
  if (test && !test(value))
    throw new Misfit(`"${path}" is ${type}, and the message has ${JSON.stringify(value)} there`);
  return value;
}
