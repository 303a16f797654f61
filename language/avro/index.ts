export { avroBinaryFault } from "./binary";
export { avroJsonFault } from "./json";
export { type AvroField, type AvroSchema, type AvroType, parseAvroSchema } from "./schema";
