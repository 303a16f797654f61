import { createHash } from "node:crypto";
import { parseAvroSchema } from "../../../language/avro";
import { membersOf } from "../grants";
import type { ExportTarget, Message, Written } from "../pubsub";
import type { ExportConfig } from "../pubsub/types";
import type { Storage } from "../storage";
import type { System } from "../system";
import { avroFile } from "./avro";
import { fileName } from "./file-name";
import { rowOf, type RowOptions } from "./row";
import type { Tables } from "./tables";

export interface ExportTargetOptions {
  readonly system: () => System;
  readonly tables: Tables;
  readonly storage: Storage;
  readonly now: () => number;
}

type ToTable = Extract<ExportConfig, { kind: "bigquery" }>;
type ToBucket = Extract<ExportConfig, { kind: "cloudStorage" }>;
type Grants = System["grants"];

/** Writes what subscriptions export, as far as the writer may: rows into tables, files into buckets. */
export function createExportTarget({ system, tables, storage, now }: ExportTargetOptions): ExportTarget {
  const rows = (messages: readonly Message[], subscription: string, topic: string, to: ToTable): Written => {
    const { tables: planned, grants, topics } = system();
    const refused = tableRefusal(grants, to);
    if (refused !== undefined) return { refused };
    const columns = planned.find(({ name }) => name === to.table)?.columns;
    if (!columns) return { refused: `${to.table} is a table of no stack that was read, so its columns are not known` };
    const misfits = new Map<string, string>();
    const schema = to.columnsFrom === "topic" ? avroOf(topics.find(({ config }) => config.name === topic)) : undefined;
    const made = messages.flatMap((message) => {
      const { dropUnknownFields, writeMetadata, columnsFrom } = to;
      const fields = columnsFrom !== undefined;
      const row = rowOf(message, {
        subscription,
        columns,
        fields,
        dropUnknownFields,
        writeMetadata,
        ...(schema && { schema }),
      });
      if (row.ok) return [row.row];
      misfits.set(message.id, row.reason);
      return [];
    });
    if (made.length > 0) tables.append(to.table, made);
    return { misfits };
  };

  const file = (messages: readonly Message[], subscription: string, to: ToBucket): Written => {
    const { grants, buckets } = system();
    const project = buckets.find(({ config }) => config.name === to.bucket)?.project ?? "";
    const refused = bucketRefusal(grants, to, project);
    if (refused !== undefined) return { refused };
    const ids = messages.map(({ id }) => id).join("\n");
    const mark = createHash("sha256").update(`${subscription}\n${ids}`).digest("hex");
    const name = fileName(to, now(), mark.slice(0, 12));
    const bytes = to.avro
      ? avroFile(messages, { subscription, mark, writeMetadata: to.avro.writeMetadata })
      : Buffer.concat(messages.flatMap(({ data }) => [data, Buffer.from("\n")]));
    try {
      storage.insert(to.bucket, name, bytes, { contentType: to.avro ? "application/avro" : "text/plain" });
    } catch (error) {
      return { refused: (error as Error).message };
    }
    return { misfits: new Map() };
  };

  return {
    write: (messages, { name, topic, export: to }) =>
      to.kind === "bigquery" ? rows(messages, name, topic, to) : file(messages, name, to),
  };
}

/** The schema of a topic whose messages are Avro. */
function avroOf(topic: System["topics"][number] | undefined): RowOptions["schema"] {
  const { type, encoding, definition = "" } = topic?.config.schema ?? {};
  const parsed = type === "AVRO" ? parseAvroSchema(definition) : undefined;
  return parsed?.ok ? { type: parsed.type, encoding: encoding! } : undefined;
}

/** https://cloud.google.com/pubsub/docs/create-bigquery-subscription#assign_roles */
function tableRefusal(grants: Grants, { table, writer }: ToTable): string | undefined {
  const [project, dataset, name] = table.split(".");
  const parent = `projects/${project}/datasets/${dataset}`;
  const on = [`${parent}/tables/${name}`, parent];
  // Who may write rows may read the columns as well.
  const may = on.some((resource) => membersOf(grants, "writeRows", resource).includes(writer));
  return may ? undefined : `${writer} may not write to ${table}: roles/bigquery.dataEditor is missing`;
}

/** https://cloud.google.com/pubsub/docs/create-cloudstorage-subscription#assign_roles */
function bucketRefusal(grants: Grants, { bucket, writer }: ToBucket, project: string): string | undefined {
  const may = (action: "createObjects" | "describeBucket") =>
    [`b/${bucket}`, `projects/${project}`].some((on) => membersOf(grants, action, on).includes(writer));
  if (!may("createObjects"))
    return `${writer} may not create objects in ${bucket}: roles/storage.objectCreator is missing`;
  return may("describeBucket")
    ? undefined
    : `${writer} may not read the settings of ${bucket}: roles/storage.legacyBucketReader is missing`;
}
