import type { Random } from "../../../local/engine/random";

/** A request, before and after. */
export interface Raw {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;
const bytes = (random: Random, most: number) =>
  Buffer.from(Array.from({ length: 1 + random.below(most) }, () => random.below(256)));
const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

/** Values that parsers have been known to stumble over. */
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e21,
  "",
  "x",
  "\u0000",
  "\ud800",
  "A===",
  "not base64",
  [],
  {},
  [[]],
  { __proto__: null },
  { toString: 1, valueOf: 1, constructor: null },
  nested(500),
  "y".repeat(10_000),
];
const HEADERS = [
  "content-type",
  "ce-specversion",
  "ce-id",
  "ce-source",
  "ce-type",
  "ce-time",
  "x-goog-pubsub-message-id",
  "x-cloudtasks-taskname",
  "x-cloudtasks-taskretrycount",
  "x-cloudscheduler",
  "x-cloudscheduler-scheduletime",
  "x-millrace-workflow-execution",
  "__proto__",
];
const VALUES = [
  "",
  " ",
  "0",
  "-1",
  "1e400",
  "NaN",
  "%",
  "%zz%c3",
  "application/json",
  "application/cloudevents",
  "application/cloudevents+json;",
  "application/cloudevents-batch+json",
  "application/protobuf",
  "text/plain",
  "1.0",
  "2023-13-45T99:99:99Z",
  "\u00ff\u0001",
];

/** Another value for one place of a JSON document. */
function reshaped(random: Random, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.below(4) === 0) return pick(random, ODD);
  if (Array.isArray(value)) {
    if (value.length === 0) return [pick(random, ODD)];
    return value.with(random.below(value.length), reshaped(random, pick(random, value)));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || random.below(6) === 0)
    return { ...value, [pick(random, ["__proto__", "message", "data", "id", "data_base64"])]: pick(random, ODD) };
  const [key, inner] = pick(random, entries);
  if (random.below(5) === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
  return { ...value, [key]: reshaped(random, inner) };
}

/** One change that nobody asked for. @param others requests that a piece may come from */
function change(random: Random, { headers, body }: Raw, others: readonly Raw[]): Raw {
  const names = Object.keys(headers);
  const at = random.below(body.length + 1);
  switch (random.below(10)) {
    case 0: {
      const gone = pick(random, names);
      return { headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== gone)), body };
    }
    case 1:
      return { headers: { ...headers, [pick(random, [...names, ...HEADERS])]: pick(random, VALUES) }, body };
    case 2: {
      const [name, value] = pick(random, Object.entries(pick(random, others).headers));
      return { headers: { ...headers, [name]: value }, body };
    }
    case 3:
      return { headers, body: body.subarray(0, at) };
    case 4:
      return { headers, body: Buffer.concat([body.subarray(0, at), bytes(random, 8), body.subarray(at)]) };
    case 5: {
      const flipped = Buffer.from(body);
      if (flipped.length > 0) flipped[at % flipped.length]! ^= 1 << random.below(8);
      return { headers, body: flipped };
    }
    case 6:
      return { headers, body: pick(random, others).body };
    default:
      try {
        return { headers, body: Buffer.from(JSON.stringify(reshaped(random, JSON.parse(body.toString())))) };
      } catch {
        return { headers, body: bytes(random, 64) };
      }
  }
}

/** The request after up to three changes. */
export function mutated(random: Random, request: Raw, others: readonly Raw[]): Raw {
  let result = request;
  for (let i = random.below(3); i >= 0; i--) result = change(random, result, others);
  return result;
}
