export { type AvroBinary, readAvroBinary } from "./binary";
export { avroJsonFault } from "./json";
export { plainAvroJson } from "./plain";
export { type AvroField, type AvroSchema, type AvroType, parseAvroSchema } from "./schema";
