import { StatusError } from "../../wire/rest";
import { type FieldPath, getField, parseFieldPath, withField } from "./field-path";
import { parseDocumentName } from "./name";
import { type Micros, formatMicros, parseMicros } from "./time";
import { type Transform, applyTransforms, decodeTransform } from "./transform";
import { type Fields, type Value, asList, asMessage, decodeFields, documentSize, sameFields } from "./value";

export interface StoredDocument {
  /** `projects/{p}/databases/{d}/documents/{path}` */
  readonly name: string;
  readonly fields: Fields;
  readonly createTime: Micros;
  readonly updateTime: Micros;
}

export interface Precondition {
  readonly exists?: boolean;
  readonly updateTime?: Micros;
}

/** One decoded `google.firestore.v1.Write`. */
export interface Write {
  readonly kind: "update" | "delete" | "transform";
  readonly name: string;
  /** Collection and document ids of the name. */
  readonly segments: readonly string[];
  readonly fields: Fields;
  /** Fields an update touches; undefined replaces the whole document. */
  readonly mask?: readonly FieldPath[];
  readonly transforms: readonly Transform[];
  readonly precondition?: Precondition;
}

/** Limits of https://cloud.google.com/firestore/quotas (writes and transactions). The number of writes has none. */
const MAX_DOCUMENT_BYTES = 1_048_576;
const MAX_TRANSFORMS_PER_DOCUMENT = 500;

/** @throws StatusError INVALID_ARGUMENT naming the first write that is malformed or of another database */
export function decodeWrites(json: unknown, database: string): readonly Write[] {
  const writes = asList(json, "writes").map((item, i) => decodeWrite(item, `writes[${i}]`, database));
  const transforms = new Map<string, number>();
  for (const { name, transforms: own } of writes) {
    const sum = (transforms.get(name) ?? 0) + own.length;
    if (sum > MAX_TRANSFORMS_PER_DOCUMENT)
      throw new StatusError(
        "INVALID_ARGUMENT",
        `a commit applies at most ${MAX_TRANSFORMS_PER_DOCUMENT} transforms to one document, ${name}`,
      );
    transforms.set(name, sum);
  }
  return writes;
}

const WRITE_KEYS = ["update", "delete", "transform", "updateMask", "updateTransforms", "currentDocument"];

function decodeWrite(json: unknown, where: string, database: string): Write {
  const write = asMessage(json, where, WRITE_KEYS);
  const kinds = (["update", "delete", "transform"] as const).filter((kind) => write[kind] !== undefined);
  const [kind] = kinds;
  if (!kind || kinds.length > 1)
    throw new StatusError("INVALID_ARGUMENT", `${where}: expected exactly one of update, delete, transform`);
  if (kind !== "update" && (write.updateMask !== undefined || write.updateTransforms !== undefined))
    throw new StatusError("INVALID_ARGUMENT", `${where}: updateMask and updateTransforms belong to an update`);
  const precondition = decodePrecondition(write.currentDocument, `${where}.currentDocument`);
  const common = { kind, fields: {}, transforms: [], ...(precondition && { precondition }) };
  if (kind === "delete") return { ...common, ...nameOf(write.delete, database) };
  if (kind === "transform") {
    const { document, fieldTransforms } = asMessage(write.transform, `${where}.transform`, [
      "document",
      "fieldTransforms",
    ]);
    return { ...common, ...nameOf(document, database), transforms: decodeTransforms(fieldTransforms, where) };
  }
  const document = asMessage(write.update, `${where}.update`, ["name", "fields", "createTime", "updateTime"]);
  return {
    ...common,
    ...nameOf(document.name, database),
    fields: decodeFields(document.fields, `${where}.update.fields`),
    ...(write.updateMask !== undefined && { mask: decodeMask(write.updateMask, `${where}.updateMask`) }),
    transforms: decodeTransforms(write.updateTransforms, where),
  };
}

const nameOf = (name: unknown, database: string) => ({
  name: name as string,
  segments: parseDocumentName(name, database).segments,
});

const decodeTransforms = (json: unknown, where: string) =>
  asList(json, where).map((item, i) => decodeTransform(item, `${where}.transforms[${i}]`));

export const decodeMask = (json: unknown, where: string): readonly FieldPath[] =>
  asList(asMessage(json, where, ["fieldPaths"]).fieldPaths, where).map(parseFieldPath);

/** @returns undefined when there is no condition: absent, or an empty message */
export function decodePrecondition(json: unknown, where: string): Precondition | undefined {
  if (json === undefined || json === null) return undefined;
  const { exists, updateTime } = asMessage(json, where, ["exists", "updateTime"]);
  if (exists !== undefined && updateTime !== undefined)
    throw new StatusError("INVALID_ARGUMENT", `${where}: exists and updateTime exclude each other`);
  if (updateTime !== undefined) return { updateTime: parseMicros(updateTime, where) };
  if (exists === undefined) return undefined;
  if (typeof exists !== "boolean") throw new StatusError("INVALID_ARGUMENT", `${where}: exists is true or false`);
  return { exists };
}

export interface Applied {
  /** The document after the write; undefined when it is gone. */
  readonly document: StoredDocument | undefined;
  readonly transformResults: readonly Value[];
  /** False when the document was left exactly as it was; its `updateTime` then stays. */
  readonly changed: boolean;
}

/**
 * What a write makes of a document.
 * @throws StatusError ALREADY_EXISTS, NOT_FOUND or FAILED_PRECONDITION when the precondition does not hold, and
 *   INVALID_ARGUMENT when the document becomes larger than 1 MiB
 */
export function applyWrite(
  current: StoredDocument | undefined,
  write: Write,
  at: Micros,
  requestTime: string,
): Applied {
  checkPrecondition(current, write);
  if (write.kind === "delete") return { document: undefined, transformResults: [], changed: current !== undefined };
  const before = current?.fields ?? {};
  const updated = write.kind === "transform" ? before : updateFields(before, write);
  const { fields, results } = applyTransforms(updated, write.transforms, requestTime);
  if (current && sameFields(fields, before)) return { document: current, transformResults: results, changed: false };
  const size = documentSize(write.segments, fields);
  if (size > MAX_DOCUMENT_BYTES)
    throw new StatusError(
      "INVALID_ARGUMENT",
      `document ${write.name} would be ${size} bytes, the limit is ${MAX_DOCUMENT_BYTES}`,
    );
  const document = { name: write.name, fields, createTime: current?.createTime ?? at, updateTime: at };
  return { document, transformResults: results, changed: true };
}

function updateFields(before: Fields, write: Write): Fields {
  if (!write.mask) return write.fields;
  // A path of the mask that the update does not set is removed (write.proto, Write.update_mask).
  return write.mask.reduce((fields, path) => withField(fields, path, getField(write.fields, path)), before);
}

/** Codes as Google's emulator gives them; the stored version of a missing document is 0. */
function checkPrecondition(current: StoredDocument | undefined, { precondition, name }: Write): void {
  if (!precondition) return;
  if (precondition.exists === false && current)
    throw new StatusError("ALREADY_EXISTS", `document already exists: ${name}`);
  if (precondition.exists === true && !current) throw new StatusError("NOT_FOUND", `no document to update: ${name}`);
  const { updateTime } = precondition;
  if (updateTime !== undefined && updateTime !== current?.updateTime)
    throw new StatusError(
      "FAILED_PRECONDITION",
      `the stored version (${current?.updateTime ?? 0}) does not match the required base version (${updateTime}): ${name}`,
    );
}

/** A document in Google's JSON; fields are left out when there are none. */
export const renderDocument = (document: StoredDocument, fields: Fields = document.fields) => ({
  name: document.name,
  ...(Object.keys(fields).length > 0 && { fields }),
  createTime: formatMicros(document.createTime),
  updateTime: formatMicros(document.updateTime),
});
