/**
 * Events of Firestore documents come as Protobuf and in no other form. Their JSON is what the proto's own mapping says:
 * `{ value: { name, fields: { total: { integerValue: "3" } }, createTime, updateTime }, oldValue, updateMask }`.
 * https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto
 */
export const decodeDocumentEvent = (bytes: Uint8Array): Json => message(bytes, DATA);

type Json = { [key: string]: unknown };
/** Makes a value of what a field holds: a number by wire type 0 or 1, bytes by wire type 2. */
type Read = (held: bigint | Uint8Array) => unknown;
type Field = readonly [name: string, read: Read, many?: "list" | "map"];
type Shape = Readonly<Record<number, Field>>;

const utf8 = new TextDecoder();
const text: Read = (held) => utf8.decode(held as Uint8Array);
const inner =
  (shape: () => Shape): Read =>
  (held) =>
    message(held as Uint8Array, shape());

/** IEEE 754, as JSON writes it: what is no number is a word. */
const double: Read = (held) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, held as bigint);
  const value = view.getFloat64(0);
  return Number.isFinite(value) ? value : String(value);
};

/** RFC 3339 with nanoseconds cut to what is there: none, three, six or nine digits. */
const timestamp: Read = (held) => {
  const { seconds = 0n, nanos = 0n } = message(held as Uint8Array, TIMESTAMP) as Record<string, bigint>;
  const whole = new Date(Number(BigInt.asIntN(64, seconds)) * 1_000).toISOString().slice(0, 19);
  const digits = String(nanos)
    .padStart(9, "0")
    .replace(/(000){1,3}$/, "");
  return `${whole}${digits && `.${digits}`}Z`;
};
const TIMESTAMP: Shape = { 1: ["seconds", (held) => held], 2: ["nanos", (held) => held] };

const VALUE: Shape = {
  1: ["booleanValue", (held) => held !== 0n],
  2: ["integerValue", (held) => String(BigInt.asIntN(64, held as bigint))],
  3: ["doubleValue", double],
  5: ["referenceValue", text],
  6: ["mapValue", (held) => ({ fields: {}, ...(inner(() => MAP)(held) as Json) })],
  8: ["geoPointValue", inner(() => POINT)],
  9: ["arrayValue", (held) => ({ values: [], ...(inner(() => ARRAY)(held) as Json) })],
  10: ["timestampValue", timestamp],
  11: ["nullValue", () => null],
  17: ["stringValue", text],
  18: ["bytesValue", (held) => Buffer.from(held as Uint8Array).toString("base64")],
};
const ENTRY: Shape = { 1: ["key", text], 2: ["value", inner(() => VALUE)] };
const MAP: Shape = { 1: ["fields", inner(() => ENTRY), "map"] };
const ARRAY: Shape = { 1: ["values", inner(() => VALUE), "list"] };
const POINT: Shape = { 1: ["latitude", double], 2: ["longitude", double] };
const DOCUMENT: Shape = {
  1: ["name", text],
  2: ["fields", inner(() => ENTRY), "map"],
  3: ["createTime", timestamp],
  4: ["updateTime", timestamp],
};
const MASK: Shape = { 1: ["fieldPaths", text, "list"] };
const DATA: Shape = {
  1: ["value", inner(() => DOCUMENT)],
  2: ["oldValue", inner(() => DOCUMENT)],
  3: ["updateMask", inner(() => MASK)],
};

/** https://protobuf.dev/programming-guides/encoding: fields that the shape does not know are passed over. */
function message(bytes: Uint8Array, shape: Shape): Json {
  const json: Json = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new SyntaxError("the Protobuf message ends too early");
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new SyntaxError("the Protobuf message ends too early");
    return bytes.subarray(at, (at += length));
  };
  const fixed = () => take(8).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire > 2 && wire !== 5) throw new SyntaxError(`the Protobuf message has a field of wire type ${wire}`);
    const held = wire === 0 ? varint() : wire === 1 ? fixed() : take(wire === 5 ? 4 : Number(varint()));
    const field = shape[tag >>> 3];
    if (!field) continue;
    const [name, read, many] = field;
    const value = read(held);
    if (many === "list") ((json[name] ??= []) as unknown[]).push(value);
    else if (many === "map") {
      const { key = "", value: item = {} } = value as { key?: string; value?: unknown };
      // A name may be `__proto__`, which must not become one.
      Object.defineProperty((json[name] ??= {}), key, { value: item, enumerable: true, configurable: true });
    } else json[name] = value;
  }
  return json;
}
