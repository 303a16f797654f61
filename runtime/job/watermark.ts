import type { Progress } from "./claim";

/** Items settled in any order, and how far they are settled without a gap. */
export interface Watermark {
  readonly progress: Progress;
  /** @param position counted from 0 over all attempts of the task */
  settle(position: number, cursor: string | undefined): void;
}

export function createWatermark(from: Progress): Watermark {
  const ahead = new Map<number, string | undefined>();
  let progress = from;
  return {
    get progress() {
      return progress;
    },
    settle(position, cursor) {
      ahead.set(position, cursor);
      while (ahead.has(progress.settled)) {
        const last = ahead.get(progress.settled);
        ahead.delete(progress.settled);
        progress = { settled: progress.settled + 1, ...(last !== undefined && { cursor: last }) };
      }
    },
  };
}
