import { childrenOf, type Expression, withChildren } from "../../../language/workflows/expression";
import { LIMITS } from "../../../language/workflows/limits";
import type { Assignment, Template } from "../../../language/workflows/model";
import { printExpression } from "../../../language/workflows/print-expression";
import { constant, expressionTemplate, isStructure, NOWHERE } from "./data";

/** Takes parts out of expressions, as variables that are assigned before. */
export interface Hoist {
  /** The template with its expressions short enough, and free of maps. */
  apply(template: Template): Template;
  /** What must be assigned first, in this order. */
  readonly assignments: readonly Assignment[];
}

/** @param fresh gives the name of a new variable */
export function hoisting(fresh: () => string): Hoist {
  const assignments: Assignment[] = [];
  const lift = (node: Expression): Expression => {
    const name = fresh();
    assignments.push({ target: { name, path: [], at: NOWHERE }, value: asTemplate(node) });
    return { kind: "variable", name, offset: 0 };
  };
  const apply = (template: Template): Template => {
    if (template.kind === "list") return { ...template, items: template.items.map(apply) };
    if (template.kind === "map")
      return { ...template, entries: template.entries.map(([key, value]) => [apply(key), apply(value)] as const) };
    if (template.kind === "constant") return template;
    return expressionTemplate(shortened(withoutMaps(template.expression, lift), lift));
  };
  return { apply, assignments };
}

/** Google's own samples hold no map within an expression, and what deploys is not documented: maps become variables. */
function withoutMaps(node: Expression, lift: (node: Expression) => Expression): Expression {
  const inner = withChildren(
    node,
    childrenOf(node).map((child) => withoutMaps(child, lift)),
  );
  const isMap = node.kind === "map" || (node.kind === "literal" && isStructure(node.value));
  return isMap ? lift(inner) : inner;
}

/** Takes the longest part that fits out of an expression, until the rest fits too. */
function shortened(node: Expression, lift: (node: Expression) => Expression): Expression {
  let whole = node;
  while (printExpression(whole).length > LIMITS.expression) {
    const part = longest(whole);
    // What decides whether it is evaluated cannot be evaluated before: the checker reports the length.
    if (!part) return whole;
    whole = replaced(whole, part, lift(part));
  }
  return whole;
}

/** Shorter than a variable's name, nothing is won. */
const WORTH_IT = 40;

function longest(whole: Expression): Expression | undefined {
  let best: { readonly node: Expression; readonly length: number } | undefined;
  const visit = (node: Expression) => {
    const { length } = printExpression(node);
    // A text by itself is no expression, so it may be of any length.
    if (node !== whole && (length <= LIMITS.expression || node.kind === "literal")) {
      if (length > (best?.length ?? WORTH_IT)) best = { node, length };
      return;
    }
    const [first, ...rest] = childrenOf(node);
    if (first) visit(first);
    // The right side is evaluated only when the left one does not decide.
    if (node.kind !== "binary" || (node.operator !== "and" && node.operator !== "or")) rest.forEach(visit);
  };
  visit(whole);
  return best?.node;
}

const replaced = (node: Expression, part: Expression, by: Expression): Expression =>
  node === part
    ? by
    : withChildren(
        node,
        childrenOf(node).map((child) => replaced(child, part, by)),
      );

function asTemplate(node: Expression): Template {
  if (node.kind === "map")
    return {
      kind: "map",
      entries: node.entries.map(([key, value]) => [constant(key), asTemplate(value)] as const),
      at: NOWHERE,
    };
  if (node.kind === "list") return { kind: "list", items: node.items.map(asTemplate), at: NOWHERE };
  return expressionTemplate(node);
}
