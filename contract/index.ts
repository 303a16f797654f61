export * from "./contract";
export * from "./environment";
export * from "./issue";
export * from "./json";
export * from "./probe";
export { type Code, codes } from "./codes";
