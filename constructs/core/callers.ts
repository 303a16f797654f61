import type { IConstruct } from "constructs";
import { type Caller, CALLERS, takesFrom } from "../../contract/callers";
import type { AnyContract } from "./derive";
import { addIssue } from "./issues";

/** Reports a caller that the contract of a handler excludes. */
export function checkCaller(construct: IConstruct, { manifest }: AnyContract, from: Caller): void {
  if (takesFrom(manifest, from)) return;
  const named = manifest.callers!.join(", ");
  const only = `contract "${manifest.name}" takes events of ${named} alone: the runtime would refuse every one`;
  const fix = `add "${from}" to the contract's callers, or wire one of ${named}`;
  addIssue(construct, "MR1339", {
    problem: `${CALLERS[from]} brings it events, and ${only}`,
    fix,
    got: from,
    want: named,
  });
}
