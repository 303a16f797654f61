import type { Range } from "../../vectors/pubsub/vector";

/** What was seen of a delivery or a push; absent fields are undefined. */
export interface Actual {
  readonly data: string;
  /** How the time it took compares with a range: the range itself when it is met, else the span measured. */
  readonly after: (range: Range) => Range;
  readonly [field: string]: unknown;
}

type Expected = string | { readonly data: string; readonly after?: Range };

/** Fields of which only the named parts are compared. */
const IN_PART = ["headers", "token"];

/** @throws when `actual` does not hold at least `expected` */
export function compare(actual: unknown, expected: object): void {
  expect(actual).toMatchObject(patterns(expected) as object);
}

/** @throws when the deliveries are not the expected ones, or differ in a field that the expectation names */
export function compareAll(
  what: string,
  actual: readonly Actual[],
  expected: readonly Expected[],
  { anyOrder = false, fill }: { readonly anyOrder?: boolean; readonly fill: (text: string) => string },
): void {
  const wanted = expected.map((one) => (typeof one === "string" ? { data: one } : one));
  const order = (items: readonly { readonly data: string }[]) => {
    const all = items.map(({ data }) => data);
    return { [what]: anyOrder ? all.sort() : all };
  };
  expect(order(actual)).toEqual(order(wanted));
  const rest = [...actual];
  for (const one of wanted) {
    const [seen] = rest.splice(
      rest.findIndex(({ data }) => data === one.data),
      1,
    );
    expect({ [what]: project(seen!, one) }).toEqual({ [what]: patterns(one, fill) });
  }
}

/** The fields of `actual` that an expectation names, with `null` for those that are absent. */
function project(actual: Actual, expected: object): unknown {
  const fields = Object.entries(expected).map(([field, value]) => {
    const seen = actual[field] ?? null;
    if (field === "after") return [field, actual.after(value as Range)];
    if (!IN_PART.includes(field) || seen === null || value === null) return [field, seen];
    const names = Object.keys(value as object);
    return [field, Object.fromEntries(names.map((name) => [name, (seen as Record<string, unknown>)[name] ?? null]))];
  });
  return Object.fromEntries(fields) as unknown;
}

/** A copy whose texts went through `fill` and whose regular expressions match texts. */
export function patterns(value: unknown, fill: (text: string) => string = (text) => text): unknown {
  if (typeof value === "string") return fill(value);
  if (value instanceof RegExp) return expect.stringMatching(value);
  if (Array.isArray(value)) return value.map((item) => patterns(item, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, patterns(item, fill)]));
}

/** The range itself when the measured span meets it, else the span. */
export function meets([least, most]: Range, [shortest, longest]: Range, slack = 0): Range {
  return longest >= least && shortest <= most + slack ? [least, most] : [shortest, longest];
}
