import { StatusError } from "../../wire/rest";
import type { Collections } from "./collections";
import { type FieldPath, getField, maskFields, parseFieldPath } from "./field-path";
import { checkId, compareNames } from "./name";
import { compareValues, equalValues, sameType } from "./order";
import { type Fields, type Value, asList, asMessage, decodeValue, optionalText } from "./value";
import type { StoredDocument } from "./write";

/** The part of `StructuredQuery` that the engine runs; anything else in a query is refused as UNIMPLEMENTED. */
export interface Query {
  /** Undefined: every collection below the parent. */
  readonly collectionId?: string;
  readonly allDescendants: boolean;
  /** All must hold. */
  readonly filters: readonly Filter[];
  /** Ends with `__name__`; documents that lack a field of it are not found. */
  readonly orderBy: readonly Order[];
  readonly startAt?: Cursor;
  readonly endAt?: Cursor;
  readonly offset: number;
  readonly limit?: number;
  readonly select?: readonly FieldPath[];
}

interface Filter {
  readonly path: FieldPath;
  readonly op: Operator;
  readonly value: Value;
}

interface Order {
  readonly path: FieldPath;
  readonly direction: 1 | -1;
}

interface Cursor {
  readonly values: readonly Value[];
  readonly before: boolean;
}

const NAME = "__name__";

const OPERATORS = {
  EQUAL: equalValues,
  LESS_THAN: (a: Value, b: Value) => sameType(a, b) && compareValues(a, b) < 0,
  LESS_THAN_OR_EQUAL: (a: Value, b: Value) => sameType(a, b) && compareValues(a, b) <= 0,
  GREATER_THAN: (a: Value, b: Value) => sameType(a, b) && compareValues(a, b) > 0,
  GREATER_THAN_OR_EQUAL: (a: Value, b: Value) => sameType(a, b) && compareValues(a, b) >= 0,
  IN: (a: Value, b: Value) => listOf(b).some((item) => equalValues(a, item)),
  ARRAY_CONTAINS: (a: Value, b: Value) => listOf(a).some((item) => equalValues(item, b)),
} as const;

type Operator = keyof typeof OPERATORS;

const INEQUALITIES: readonly Operator[] = ["LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"];

const listOf = (value: Value): readonly Value[] => ("arrayValue" in value ? (value.arrayValue.values ?? []) : []);

const invalid = (problem: string) => new StatusError("INVALID_ARGUMENT", `structuredQuery: ${problem}`);
const unsupported = (what: string) =>
  new StatusError("UNIMPLEMENTED", `structuredQuery: ${what} is not run by the local engine`);

const QUERY_KEYS = ["select", "from", "where", "orderBy", "startAt", "endAt", "offset", "limit", "findNearest"];

export function decodeQuery(json: unknown): Query {
  const query = asMessage(json ?? {}, "structuredQuery", QUERY_KEYS);
  if (query.findNearest !== undefined) throw unsupported("findNearest");
  const from = asList(query.from, "structuredQuery.from").map((item, i) =>
    asMessage(item, `structuredQuery.from[${i}]`, ["collectionId", "allDescendants"]),
  );
  if (from.length > 1) throw invalid("from names at most one collection");
  const { collectionId, allDescendants = false } = from[0] ?? { allDescendants: true };
  const collection = optionalText(collectionId, "structuredQuery.from.collectionId");
  if (collection !== undefined) checkId(collection);
  const filters = query.where === undefined ? [] : decodeFilter(query.where);
  const limit = query.limit === undefined ? undefined : wholeNumber(limitOf(query.limit), "limit");
  return {
    ...(collection !== undefined && { collectionId: collection }),
    allDescendants: allDescendants === true,
    filters,
    orderBy: completeOrder(decodeOrder(query.orderBy), filters),
    ...(query.startAt !== undefined && { startAt: decodeCursor(query.startAt, "startAt") }),
    ...(query.endAt !== undefined && { endAt: decodeCursor(query.endAt, "endAt") }),
    offset: query.offset === undefined ? 0 : wholeNumber(query.offset, "offset"),
    ...(limit !== undefined && { limit }),
    ...(query.select !== undefined && { select: decodeSelect(query.select) }),
  };
}

/** `limit` is an Int32Value: a bare number in proto3 JSON, but seen wrapped in older clients. */
const limitOf = (json: unknown) =>
  typeof json === "object" && json !== null ? (json as { value?: unknown }).value : json;

function wholeNumber(json: unknown, what: string): number {
  const value = Number(json);
  if (!Number.isInteger(value) || value < 0) throw invalid(`${what} is a whole number ≥ 0`);
  return value;
}

/** Deeper than any client nests what could be one AND; Google does not document its own limit. */
const MAX_FILTER_DEPTH = 100;

function decodeFilter(json: unknown, depth = 1): readonly Filter[] {
  if (depth > MAX_FILTER_DEPTH) throw invalid(`where is nested more than ${MAX_FILTER_DEPTH} deep`);
  const filter = asMessage(json, "structuredQuery.where", ["compositeFilter", "fieldFilter", "unaryFilter"]);
  if (filter.unaryFilter !== undefined) throw unsupported("unaryFilter");
  if (filter.compositeFilter !== undefined) {
    const { op, filters } = asMessage(filter.compositeFilter, "structuredQuery.where", ["op", "filters"]);
    if (op !== "AND") throw unsupported(`compositeFilter ${String(op)}`);
    return asList(filters, "structuredQuery.where.filters").flatMap((nested) => decodeFilter(nested, depth + 1));
  }
  const { field, op, value } = asMessage(filter.fieldFilter, "structuredQuery.where", ["field", "op", "value"]);
  if (typeof op !== "string" || !/^[A-Z_]+$/.test(op)) throw invalid(`unknown operator ${JSON.stringify(op)}`);
  if (!Object.hasOwn(OPERATORS, op)) throw unsupported(`fieldFilter ${op}`);
  return [{ path: fieldOf(field), op: op as Operator, value: decodeValue(value, "structuredQuery.where.value") }];
}

const fieldOf = (json: unknown): FieldPath =>
  parseFieldPath(asMessage(json, "structuredQuery", ["fieldPath"]).fieldPath);

function decodeOrder(json: unknown): readonly Order[] {
  return asList(json, "structuredQuery.orderBy").map((item) => {
    const { field, direction } = asMessage(item, "structuredQuery.orderBy", ["field", "direction"]);
    return { path: fieldOf(field), direction: direction === "DESCENDING" ? -1 : 1 };
  });
}

/** Inequality fields not named come first, `__name__` last, in the last direction given (query.proto, order_by). */
function completeOrder(given: readonly Order[], filters: readonly Filter[]): readonly Order[] {
  const direction = given.at(-1)?.direction ?? 1;
  const named = new Set(given.map(({ path }) => path.join("\0")));
  const inequalities = filters.filter(({ op }) => INEQUALITIES.includes(op)).map(({ path }) => path.join("\0"));
  const implied = [...new Set([...inequalities.sort(), NAME])].filter((path) => !named.has(path));
  return [...given, ...implied.map((path) => ({ path: path.split("\0"), direction }))];
}

function decodeCursor(json: unknown, which: string): Cursor {
  const { values, before } = asMessage(json, `structuredQuery.${which}`, ["values", "before"]);
  return {
    values: asList(values, which).map((value) => decodeValue(value, `structuredQuery.${which}`)),
    before: before === true,
  };
}

function decodeSelect(json: unknown): readonly FieldPath[] {
  return asList(asMessage(json, "structuredQuery.select", ["fields"]).fields, "structuredQuery.select").map(fieldOf);
}

/** @param parent the database's root or a document, `projects/…/documents[/{path}]` */
export function runQuery(documents: Collections, parent: string, query: Query): StoredDocument[] {
  const { collectionId, allDescendants, filters, orderBy, startAt, endAt, offset, limit } = query;
  const candidates =
    collectionId === undefined
      ? [...documents.all()].filter(({ name }) => name.startsWith(`${parent}/`))
      : allDescendants
        ? documents.inGroup(collectionId, parent)
        : documents.inCollection(`${parent}/${collectionId}`);
  const found = candidates
    .filter((document) => filters.every((filter) => matches(document, filter)))
    .filter((document) => orderBy.every(({ path }) => fieldValue(document, path) !== undefined))
    .sort((a, b) => compareBy(orderBy, a, b))
    .filter((document) => !startAt || position(document, startAt, orderBy) >= (startAt.before ? 0 : 1))
    .filter((document) => !endAt || position(document, endAt, orderBy) <= (endAt.before ? -1 : 0));
  return found.slice(offset, limit === undefined ? undefined : offset + limit);
}

/** The fields of a found document that the query asks for. */
export const selectFields = (document: StoredDocument, { select }: Query): Fields =>
  select
    ? maskFields(
        document.fields,
        select.filter((path) => path[0] !== NAME),
      )
    : document.fields;

const fieldValue = (document: StoredDocument, path: FieldPath): Value | undefined =>
  path[0] === NAME ? { referenceValue: document.name } : getField(document.fields, path);

function matches(document: StoredDocument, { path, op, value }: Filter): boolean {
  const own = fieldValue(document, path);
  return own !== undefined && OPERATORS[op](own, value);
}

function compareBy(orderBy: readonly Order[], a: StoredDocument, b: StoredDocument): number {
  for (const { path, direction } of orderBy) {
    const order =
      path[0] === NAME ? compareNames(a.name, b.name) : compareValues(fieldValue(a, path)!, fieldValue(b, path)!);
    if (order !== 0) return order * direction;
  }
  return 0;
}

/** The values a cursor needs to go on after this document. */
export const sortKey = (document: StoredDocument, { orderBy }: Query): readonly Value[] =>
  orderBy.map(({ path }) => fieldValue(document, path)!);

/** Below 0 before the cursor, above 0 after it. */
function position(document: StoredDocument, cursor: Cursor, orderBy: readonly Order[]): number {
  for (const [i, value] of cursor.values.entries()) {
    const order = orderBy[i];
    if (!order) throw invalid("a cursor has more values than orderBy has fields");
    const step = compareValues(fieldValue(document, order.path)!, value) * order.direction;
    if (step !== 0) return step;
  }
  return 0;
}
