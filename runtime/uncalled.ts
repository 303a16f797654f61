import type { Issue } from "../contract/issue";

/**
 * What matters to a handler that is called over HTTP alone. Where nobody calls there is no token to check, and no
 * caller whose patience would have to outlast the handler.
 */
const OF_CALLERS: ReadonlySet<string> = new Set(["MR3011", "MR3012", "MR3013", "MR3015"] satisfies Issue["code"][]);

export const concernsUncalled = ({ code }: Issue): boolean => !OF_CALLERS.has(code);
