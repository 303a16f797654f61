import type { Graph, Mention } from "./graph";

/** What is known on arrival at a node: variables that some path sets, and those that every path sets. */
export interface State {
  may(key: string): boolean;
  must(key: string): boolean;
}

/** A set of keys, a bit for each. */
type Bits = Uint32Array;

interface Known {
  readonly may: Bits;
  readonly must: Bits;
}

/**
 * States on arrival by a worklist; nothing for nodes that no path reaches. Bits and a queue without repetition, since a
 * definition has hundreds of variables and thousands of nodes.
 */
export function flow(
  graph: Graph,
  keyOf: (mention: Mention) => string | undefined,
  params: readonly string[],
): (State | undefined)[] {
  const { nodes, entry } = graph;
  const index = new Map<string, number>();
  const bitOf = (key: string): number => {
    const bit = index.get(key) ?? index.size;
    index.set(key, bit);
    return bit;
  };
  const first = params.map((name) => bitOf(`0:${name}`));
  const writes = nodes.map((node) => {
    const keys = node.writes.map((write) => keyOf(write)).filter((key) => key !== undefined);
    return keys.map(bitOf);
  });
  const words = (index.size >>> 5) + 1;
  const bits = (set: readonly number[]): Bits => {
    const made = new Uint32Array(words);
    for (const bit of set) made[bit >>> 5]! |= 1 << (bit & 31);
    return made;
  };
  /** The keys of each scope that begins anew somewhere, as what is left without them. */
  const kept = new Map<number, Bits>();
  for (const { fresh } of nodes)
    if (fresh && !kept.has(fresh.id)) {
      const gone = bits([...index].flatMap(([key, bit]) => (key.startsWith(`${fresh.id}:`) ? [bit] : [])));
      kept.set(
        fresh.id,
        gone.map((word) => ~word),
      );
    }

  const states: (Known | undefined)[] = nodes.map(() => undefined);
  const queue: number[] = [];
  const queued = new Uint8Array(nodes.length);
  const push = (id: number) => {
    if (queued[id]) return;
    queued[id] = 1;
    queue.push(id);
  };
  const arrive = (id: number, state: Known) => {
    const known = states[id];
    if (!known) {
      states[id] = { may: state.may.slice(), must: state.must.slice() };
      return push(id);
    }
    let changed = false;
    for (let word = 0; word < words; word++) {
      const may = (known.may[word]! | state.may[word]!) >>> 0;
      const must = (known.must[word]! & state.must[word]!) >>> 0;
      changed ||= may !== known.may[word] || must !== known.must[word];
      known.may[word] = may;
      known.must[word] = must;
    }
    if (changed) push(id);
  };
  const begin = bits(first);
  arrive(entry, { may: begin, must: begin });
  for (let head = 0; head < queue.length; head++) {
    const id = queue[head]!;
    queued[id] = 0;
    const node = nodes[id]!;
    const before = states[id]!;
    if (node.handler !== undefined && node.fails) arrive(node.handler, before);
    const { fresh } = node;
    let after = before;
    if (fresh || writes[id]!.length > 0) {
      after = { may: before.may.slice(), must: before.must.slice() };
      const mask = fresh && kept.get(fresh.id)!;
      for (const set of [after.may, after.must]) {
        if (mask) for (let word = 0; word < words; word++) set[word]! &= mask[word]!;
        for (const bit of writes[id]!) set[bit >>> 5]! |= 1 << (bit & 31);
      }
    }
    for (const next of node.next) arrive(next, after);
  }
  const has = (set: Bits, key: string): boolean => {
    const bit = index.get(key);
    return bit !== undefined && (set[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  };
  return states.map((state) => state && { may: (key) => has(state.may, key), must: (key) => has(state.must, key) });
}
