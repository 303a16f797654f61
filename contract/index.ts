export * from "./contract";
export * from "./duration";
export * from "./environment";
export * from "./issue";
export * from "./json";
export * from "./probe";
export * from "./store";
export * from "./topic";
export { type Code, codes } from "./codes";
