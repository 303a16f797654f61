export { type Documents, type DocumentsOptions, type DocumentWrite, createDocuments } from "./documents";
export { type DocumentsRestOptions, documentsRest } from "./rest";
export { type TtlOptions, type TtlPolicy, startTtl } from "./ttl";
export { formatMicros, parseMicros } from "./time";
