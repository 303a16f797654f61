/** What is due at an instant, earliest first; among equals the one added first. */
export interface Agenda<T> {
  add(atMs: number, item: T): void;
  /** The earliest item; undefined when there is none. */
  peek(): { readonly atMs: number; readonly item: T } | undefined;
  /** Takes the earliest item off. */
  shift(): void;
}

/** A binary heap. */
export function createAgenda<T>(): Agenda<T> {
  const heap: { readonly atMs: number; readonly order: number; readonly item: T }[] = [];
  let added = 0;
  const before = (a: number, b: number) =>
    heap[a]!.atMs < heap[b]!.atMs || (heap[a]!.atMs === heap[b]!.atMs && heap[a]!.order < heap[b]!.order);
  const swap = (a: number, b: number) => ([heap[a], heap[b]] = [heap[b]!, heap[a]!]);
  return {
    add(atMs, item) {
      let at = heap.push({ atMs, order: added++, item }) - 1;
      for (let parent = (at - 1) >> 1; at > 0 && before(at, parent); parent = (at - 1) >> 1) {
        swap(at, parent);
        at = parent;
      }
    },
    peek: () => heap[0],
    shift() {
      const last = heap.pop();
      if (!last || heap.length === 0) return;
      heap[0] = last;
      for (let at = 0; ;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && before(child, least)) least = child;
        if (least === at) return;
        swap(at, least);
        at = least;
      }
    },
  };
}
