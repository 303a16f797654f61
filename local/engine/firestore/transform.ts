import { StatusError } from "../../wire/rest";
import { type FieldPath, getField, parseFieldPath, withField } from "./field-path";
import { compareValues, equalValues } from "./order";
import { type Fields, type Value, asList, asMessage, asObject, decodeValue } from "./value";

/** `DocumentTransform.FieldTransform`: a change computed from the field's value at the commit. */
export interface Transform {
  readonly path: FieldPath;
  readonly apply: (current: Value | undefined, requestTime: string) => { field: Value; result: Value };
}

const NULL: Value = { nullValue: null };
const same = (value: Value) => ({ field: value, result: value });
const isNumber = (value: Value | undefined): value is Value =>
  value !== undefined && ("integerValue" in value || "doubleValue" in value);

export function decodeTransform(json: unknown, where: string): Transform {
  const { fieldPath, ...kinds } = asObject(json, where);
  const path = parseFieldPath(fieldPath);
  const [kind, ...more] = Object.entries(kinds);
  const decode = kind && more.length === 0 && Object.hasOwn(KINDS, kind[0]) && KINDS[kind[0]];
  if (!decode)
    throw new StatusError("INVALID_ARGUMENT", `${where}: expected exactly one of ${Object.keys(KINDS).join(", ")}`);
  return { path, apply: decode(kind[1], `${where}.${kind[0]}`) };
}

/** @returns the changed fields and `transformResults`, one per transform and in their order */
export function applyTransforms(fields: Fields, transforms: readonly Transform[], requestTime: string) {
  const results: Value[] = [];
  let changed = fields;
  for (const { path, apply } of transforms) {
    const { field, result } = apply(getField(changed, path), requestTime);
    changed = withField(changed, path, field);
    results.push(result);
  }
  return { fields: changed, results };
}

const KINDS: Readonly<Record<string, (json: unknown, where: string) => Transform["apply"]>> = {
  setToServerValue(json, where) {
    if (json !== "REQUEST_TIME" && json !== 1)
      throw new StatusError("INVALID_ARGUMENT", `${where}: the only server value is REQUEST_TIME`);
    return (_current, requestTime) => same({ timestampValue: requestTime });
  },
  increment: (json, where) => {
    const by = numeric(json, where);
    return (current) => same(isNumber(current) ? add(current, by) : by);
  },
  maximum: (json, where) => {
    const bound = numeric(json, where);
    return (current) => same(isNumber(current) && compareValues(current, bound) >= 0 ? current : bound);
  },
  minimum: (json, where) => {
    const bound = numeric(json, where);
    return (current) => same(isNumber(current) && compareValues(current, bound) <= 0 ? current : bound);
  },
  appendMissingElements: (json, where) => {
    const values = elements(json, where);
    return (current) => {
      const list = [...listOf(current)];
      for (const value of values) if (!list.some((item) => equalValues(item, value))) list.push(value);
      return { field: arrayOf(list), result: NULL };
    };
  },
  removeAllFromArray: (json, where) => {
    const values = elements(json, where);
    return (current) => {
      const list = listOf(current).filter((item) => !values.some((value) => equalValues(item, value)));
      return { field: arrayOf(list), result: NULL };
    };
  },
};

function numeric(json: unknown, where: string): Value {
  const value = decodeValue(json, where);
  if (!isNumber(value)) throw new StatusError("INVALID_ARGUMENT", `${where}: expected an integer or a double`);
  return value;
}

const elements = (json: unknown, where: string): readonly Value[] =>
  asList(asMessage(json, where, ["values"]).values, where).map((item, i) => decodeValue(item, `${where}[${i}]`, 2));

const listOf = (value: Value | undefined): readonly Value[] =>
  value && "arrayValue" in value ? (value.arrayValue.values ?? []) : [];

const arrayOf = (values: readonly Value[]): Value => ({ arrayValue: values.length > 0 ? { values } : {} });

/** Integers stay integers and stop at the ends of 64 bits; one double makes the sum a double (write.proto). */
function add(a: Value, b: Value): Value {
  if ("integerValue" in a && "integerValue" in b) {
    const sum = BigInt(a.integerValue) + BigInt(b.integerValue);
    const ends = sum > 0n ? 2n ** 63n - 1n : -(2n ** 63n);
    return { integerValue: String(BigInt.asIntN(64, sum) === sum ? sum : ends) };
  }
  const sum = toNumber(a) + toNumber(b);
  return { doubleValue: Number.isFinite(sum) ? sum : (String(sum) as "NaN" | "Infinity" | "-Infinity") };
}

const toNumber = (value: Value): number =>
  "integerValue" in value ? Number(value.integerValue) : "doubleValue" in value ? Number(value.doubleValue) : 0;
