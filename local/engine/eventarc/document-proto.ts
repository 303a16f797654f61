import { Root, type Type } from "protobufjs/light";
import type { Fields, Value } from "../firestore/value";

const field = (type: string, id: number) => ({ type, id });
const list = (type: string, id: number) => ({ type, id, rule: "repeated" });
const map = (id: number) => ({ keyType: "string", type: "Value", id });

/** https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto */
const ROOT = Root.fromJSON({
  nested: {
    DocumentEventData: {
      fields: {
        value: field("Document", 1),
        oldValue: field("Document", 2),
        updateMask: field("DocumentMask", 3),
      },
    },
    DocumentMask: { fields: { fieldPaths: list("string", 1) } },
    Document: {
      fields: {
        name: field("string", 1),
        fields: map(2),
        createTime: field("Timestamp", 3),
        updateTime: field("Timestamp", 4),
      },
    },
    Timestamp: { fields: { seconds: field("int64", 1), nanos: field("int32", 2) } },
    LatLng: { fields: { latitude: field("double", 1), longitude: field("double", 2) } },
    ArrayValue: { fields: { values: list("Value", 1) } },
    MapValue: { fields: { fields: map(1) } },
    Value: {
      fields: {
        booleanValue: field("bool", 1),
        integerValue: field("int64", 2),
        doubleValue: field("double", 3),
        referenceValue: field("string", 5),
        mapValue: field("MapValue", 6),
        geoPointValue: field("LatLng", 8),
        arrayValue: field("ArrayValue", 9),
        timestampValue: field("Timestamp", 10),
        nullValue: field("int32", 11),
        stringValue: field("string", 17),
        bytesValue: field("bytes", 18),
      },
      oneofs: {
        valueType: {
          oneof: [
            "booleanValue",
            "integerValue",
            "doubleValue",
            "referenceValue",
            "mapValue",
            "geoPointValue",
            "arrayValue",
            "timestampValue",
            "nullValue",
            "stringValue",
            "bytesValue",
          ],
        },
      },
    },
  },
});

/** A document in Google's JSON. */
export interface EventDocument {
  readonly name: string;
  readonly fields?: Fields;
  readonly createTime?: string;
  readonly updateTime?: string;
}

/** The data of an event of a document. */
export interface DocumentEventData {
  readonly value?: EventDocument;
  readonly oldValue?: EventDocument;
  readonly updateMask?: { readonly fieldPaths?: readonly string[] };
}

/** The data as Eventarc delivers it: Protobuf. */
export function encodeDocumentEvent({ value, oldValue, updateMask }: DocumentEventData): Buffer {
  const type: Type = ROOT.lookupType("DocumentEventData");
  const message = {
    ...(value && { value: documentMessage(value) }),
    ...(oldValue && { oldValue: documentMessage(oldValue) }),
    ...(updateMask && { updateMask }),
  };
  return Buffer.from(type.encode(message).finish());
}

const documentMessage = ({ name, fields = {}, createTime, updateTime }: EventDocument) => ({
  name,
  fields: fieldsMessage(fields),
  ...(createTime && { createTime: timestamp(createTime) }),
  ...(updateTime && { updateTime: timestamp(updateTime) }),
});

const fieldsMessage = (fields: Fields): object =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, valueMessage(value)]));

function valueMessage(value: Value): object {
  if ("nullValue" in value) return { nullValue: 0 };
  if ("integerValue" in value) return { integerValue: int64(BigInt(value.integerValue)) };
  if ("doubleValue" in value) return { doubleValue: Number(value.doubleValue) };
  if ("timestampValue" in value) return { timestampValue: timestamp(value.timestampValue) };
  if ("bytesValue" in value) return { bytesValue: Buffer.from(value.bytesValue, "base64") };
  if ("arrayValue" in value) return { arrayValue: { values: (value.arrayValue.values ?? []).map(valueMessage) } };
  if ("mapValue" in value) return { mapValue: { fields: fieldsMessage(value.mapValue.fields ?? {}) } };
  return value;
}

/** A number of 64 bits as protobufjs takes it without a library for them. */
const int64 = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: false,
});

function timestamp(text: string): object {
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? "";
  return {
    seconds: int64(BigInt(Math.floor(Date.parse(text) / 1_000))),
    nanos: Number(fraction.padEnd(9, "0")),
  };
}
