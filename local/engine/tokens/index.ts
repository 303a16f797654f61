export type { Claims } from "./jwt";
export { type TokenRequest, type Tokens, type TokensOptions, type Verification, createTokens } from "./tokens";
