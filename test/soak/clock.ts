import type { VirtualClock } from "../../local/engine/clock";

interface Due {
  readonly at: number;
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/** The engine's virtual clock for very many timers: they are kept in a heap, and those that are cancelled stay until due. */
export function heapClock(startMs: number): VirtualClock {
  let now = startMs;
  let sequence = 0;
  const heap: Due[] = [];
  const before = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
  const push = (due: Due) => {
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = due;
  };
  const pop = () => {
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      if (left >= heap.length) break;
      const child = left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  };
  const first = (): Due | undefined => {
    while (heap[0] && !heap[0].callback) pop();
    return heap[0];
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    time: { realEpochMs: startMs, engineEpochMs: startMs, scale: 1 },
    now: () => now,
    after(delayMs, callback) {
      const due: Due = { at: now + Math.ceil(Math.max(0, delayMs)), sequence: sequence++, callback };
      push(due);
      return { cancel: () => (due.callback = undefined) };
    },
    next: () => first()?.at,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let due = first(); due && due.at <= end; due = first()) {
        now = due.at;
        // Those that are due now go together; what they set for this very instant goes after what follows from them.
        const until = sequence;
        for (let same: Due | undefined = due; same?.at === now && same.sequence < until; same = first()) {
          const { callback } = same;
          same.callback = undefined;
          callback!();
        }
        await settle();
      }
      now = end;
      await settle();
    },
  };
}
