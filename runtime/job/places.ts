/** A number of places, given in the order in which they were asked for. */
export interface Places {
  /** Resolves to true with a place, or to false once there are none to be had any more. */
  take(): Promise<boolean>;
  give(): void;
  /** Whoever waits, and whoever asks from now on, gets none. */
  close(): void;
}

export function createPlaces(count: number): Places {
  const waiting: ((taken: boolean) => void)[] = [];
  let free = count;
  let closed = false;
  return {
    take() {
      if (closed) return Promise.resolve(false);
      if (free > 0) {
        free--;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    give() {
      const next = waiting.shift();
      if (next) next(true);
      else free++;
    },
    close() {
      closed = true;
      for (const resolve of waiting.splice(0)) resolve(false);
    },
  };
}
