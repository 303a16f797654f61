import { type Caller, CALLERS, takesFrom } from "../contract/callers";
import type { Issue } from "../contract/issue";
import type { Handler } from "./handler";

/**
 * What matters to a handler that is called over HTTP alone. Where nobody calls there is no token to check, and no
 * caller whose patience would have to outlast the handler.
 */
const OF_CALLERS: ReadonlySet<string> = new Set(["MR3011", "MR3012", "MR3013", "MR3015"] satisfies Issue["code"][]);

export const concernsUncalled = ({ code }: Issue): boolean => !OF_CALLERS.has(code);

/** What there is to say of a handler that is brought its events by a caller that its contract excludes. */
export function excludedFrom({ contract: { manifest } }: Pick<Handler, "contract">, from: Caller): readonly Issue[] {
  if (takesFrom(manifest, from)) return [];
  const problem = `its events are brought by ${CALLERS[from]}, and the contract takes those of ${manifest.callers!.join(", ")} alone`;
  const fix = `add "${from}" to the contract's callers, or deploy it where one of them brings its events`;
  return [{ code: "MR3026", severity: "error", path: `handler ${manifest.name}`, problem, fix }];
}
