import { decode, encode, ExtData, type ExtensionCodecType } from "@msgpack/msgpack";
import { fit, type Raw } from "./convert";
import { Decimal, isObjectValue, type Type, UNKNOWN, type Value, ValueFault } from "./value";

/**
 * Extension 0 is an unknown value; 12 is one of which Terraform knows something ("not null"), which means no more to us.
 * Whatever else comes is unknown too: newer cores may say more.
 */
const extensionCodec: ExtensionCodecType<undefined> = {
  tryToEncode: () => null,
  decode: () => UNKNOWN,
};
const UNKNOWN_EXTENSION = new ExtData(0, Uint8Array.of(0));

/**
 * A value from Terraform's MessagePack form.
 * @throws ValueFault when the bytes are no MessagePack or do not fit the type
 */
export function decodeValue(bytes: Uint8Array, type: Type): Value {
  return fit(decodeRaw(bytes), type, "exact", typed);
}

function decodeRaw(bytes: Uint8Array): Raw {
  // A header may promise more than there is; nothing is reserved for what cannot come.
  const limit = bytes.length;
  const limits = { maxStrLength: limit, maxBinLength: limit, maxArrayLength: limit, maxMapLength: limit };
  try {
    return decode(bytes, { extensionCodec, useBigInt64: true, ...limits });
  } catch (error) {
    throw new ValueFault("", `no MessagePack: ${(error as Error).message}`);
  }
}

/** Where the type is dynamic, a value comes with its own: `[type as JSON, value]`. */
function typed(raw: Raw, path: string): Value {
  if (!Array.isArray(raw) || raw.length !== 2 || !(raw[0] instanceof Uint8Array))
    throw new ValueFault(path, "has no type of its own");
  try {
    return fit(raw[1], JSON.parse(Buffer.from(raw[0]).toString("utf8")) as Type, "exact", typed, path);
  } catch (error) {
    if (error instanceof ValueFault) throw error;
    throw new ValueFault(path, "has no type that can be read");
  }
}

/** Terraform's MessagePack form of a value. Values of a `dynamic` type cannot be told apart and are refused. */
export const encodeValue = (value: Value): Uint8Array => encode(wire(value), { extensionCodec: encoder });

const encoder: ExtensionCodecType<undefined> = {
  tryToEncode: (object) => (object === UNKNOWN ? UNKNOWN_EXTENSION : null),
  decode: () => UNKNOWN,
};

function wire(value: Value): unknown {
  if (value instanceof Decimal) return value.text;
  // A double of 0.1 is not the 0.1 that Terraform has read from the configuration: fractions travel as text.
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map(wire);
  if (!isObjectValue(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wire(item)]));
}
