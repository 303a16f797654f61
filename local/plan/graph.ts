/** What an order was made from, and what stood in its way. */
export interface Order {
  /** Every node after all it depends on; otherwise in the order given. Nodes of a cycle are left out. */
  readonly order: readonly string[];
  /** Each cycle once, as the nodes along it. */
  readonly cycles: readonly (readonly string[])[];
}

/** Sorts nodes by their dependencies. Dependencies that are no nodes are ignored. */
export function orderOf(dependencies: ReadonlyMap<string, Iterable<string>>): Order {
  const order: string[] = [];
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done" | "cyclic">();
  const path: string[] = [];
  const visit = (node: string): boolean => {
    const known = state.get(node);
    if (known === "open") {
      cycles.push(path.slice(path.indexOf(node)));
      return false;
    }
    if (known) return known === "done";
    state.set(node, "open");
    path.push(node);
    let sound = true;
    for (const next of dependencies.get(node) ?? []) if (dependencies.has(next) && !visit(next)) sound = false;
    path.pop();
    state.set(node, sound ? "done" : "cyclic");
    if (sound) order.push(node);
    return sound;
  };
  for (const node of dependencies.keys()) visit(node);
  return { order, cycles };
}
