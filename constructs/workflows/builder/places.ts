import type { Body, Step, Target } from "../../../language/workflows/model";
import { NOWHERE } from "./data";
import { nodeIn, type Typed } from "./expression";
import { guarded, refuse } from "./recorder";

/** A try of one step needs no list of steps. */
export function single(steps: readonly Step[]): Body {
  const [only] = steps;
  if (steps.length === 1 && only!.action.kind === "call" && !only!.next) return { action: only!.action, at: NOWHERE };
  return { action: { kind: "steps", steps }, at: NOWHERE };
}

export function targetOf(target: Typed<unknown>, path: string): Target {
  const keys: Target["path"][number][] = [];
  let node = guarded(path, () => nodeIn(target));
  while (node.kind === "member" || node.kind === "index") {
    keys.unshift(node.kind === "member" ? { kind: "literal", value: node.name, offset: 0 } : node.key);
    node = node.of;
  }
  if (node.kind !== "variable")
    refuse(path, "what is set is neither a variable nor a member of one", "give what assign has returned");
  return { name: node.name, path: keys, at: NOWHERE };
}

/** Whether an expression is a text whatever its variables hold. */
export function beginsAsText(expression: Typed<unknown>): boolean {
  let node = nodeIn(expression);
  while (node.kind === "binary" && node.operator === "+") node = node.left;
  return node.kind === "literal" && typeof node.value === "string";
}
