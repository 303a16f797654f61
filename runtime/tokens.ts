export type { Door } from "./auth/door";
export { googleTokens, type TokenCheck, type TokenCheckOptions } from "./auth/self";
