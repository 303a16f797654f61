import { createHash } from "node:crypto";
import type { Type } from "protobufjs";
import { type AvroBinary, avroJsonFault, parseAvroSchema, readAvroBinary } from "../../../language/avro";
import { fromProtoJson } from "../../wire/proto-json";
import type { Message, SchemaConfig } from "./types";

/** What Pub/Sub does with the schema of a topic. https://cloud.google.com/pubsub/docs/schemas */
export interface Schemas {
  /** The message with the attributes that say which schema it follows, or why it follows none. */
  apply(schema: SchemaConfig | undefined, message: Message): { readonly message: Message } | { readonly fault: string };
  /** Why Google would refuse the schema, if it would. */
  fault(schema: SchemaConfig | undefined): string | undefined;
}

type Check = (data: Buffer) => string | undefined;

export function createSchemas(): Schemas {
  const known = new WeakMap<SchemaConfig, Check | { readonly fault: string }>();
  const checkOf = (schema: SchemaConfig) => {
    const found = known.get(schema) ?? READERS[schema.type](schema);
    known.set(schema, found);
    return found;
  };
  return {
    apply(schema, message) {
      if (!schema) return { message };
      const check = checkOf(schema);
      if (typeof check !== "function") return check;
      const fault = check(message.data);
      if (fault !== undefined) return { fault: `the message does not follow ${schema.name}: ${fault}` };
      return { message: { ...message, attributes: { ...message.attributes, ...attributesOf(schema) } } };
    },
    fault(schema) {
      const check = schema && checkOf(schema);
      return typeof check === "object" ? check.fault : undefined;
    },
  };
}

/** https://cloud.google.com/pubsub/docs/schemas#schema-attributes */
const attributesOf = ({ name, encoding, definition }: SchemaConfig) => ({
  googclient_schemaname: name,
  googclient_schemaencoding: encoding,
  // Eight characters of hexadecimal, as production's; here they follow from the definition.
  googclient_schemarevisionid: createHash("sha256").update(definition).digest("hex").slice(0, 8),
});

const READERS = {
  AVRO({ definition, encoding }: SchemaConfig): Check | { readonly fault: string } {
    const schema = parseAvroSchema(definition);
    if (!schema.ok) return { fault: `the Avro schema does not parse: ${schema.mistake}` };
    return encoding === "BINARY"
      ? (data) => faultOf(readAvroBinary(schema.type, data))
      : (data) => asJson(data, (value) => avroJsonFault(schema.type, value));
  },
  PROTOCOL_BUFFER({ definition, encoding }: SchemaConfig): Check | { readonly fault: string } {
    const found = messageOf(definition);
    if (typeof found === "string") return { fault: `the Protobuf schema does not parse: ${found}` };
    // Of bytes, what a field does not expect is an unknown field, as every reader of Protobuf has it.
    if (encoding === "BINARY") return (data) => failureOf(() => void found.decode(data));
    return (data) => asJson(data, (value) => failureOf(() => void fromProtoJson(found, value)));
  },
} as const;

const faultOf = (read: AvroBinary): string | undefined => ("fault" in read ? read.fault : undefined);

function asJson(data: Buffer, check: (value: unknown) => string | undefined): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    return "it is no JSON";
  }
  return check(value);
}

/** Whatever a reader of Protobuf throws, it throws for what it reads. */
function failureOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The one message that a schema defines at its top level, or why it defines none. */
function messageOf(definition: string): Type | string {
  // With its parser: nothing else of the engine needs that.
  const { parse, Type: MessageType, Namespace } = require("protobufjs") as typeof import("protobufjs");
  try {
    const { root } = parse(definition);
    root.resolveAll();
    const below = (space: InstanceType<typeof Namespace>): Type[] =>
      space.nestedArray.flatMap((one) =>
        one instanceof MessageType ? [one] : one instanceof Namespace ? below(one) : [],
      );
    const [first, ...more] = below(root);
    if (!first || more.length > 0) return `it has ${more.length + (first ? 1 : 0)} messages at its top level, not one`;
    return first;
  } catch (error) {
    return (error as Error).message;
  }
}
