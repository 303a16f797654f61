import type { FileHandle } from "node:fs/promises";

/** Appends to a file in order. What arrives during a write forms the next one, so a burst costs few trips. */
export interface Writer {
  push(line: string): void;
  /** Waits until everything pushed is with the operating system: it survives the end of this process. */
  written(): Promise<void>;
  /** Waits until everything pushed is on the disk: it survives a power cut. */
  flush(): Promise<void>;
  /** Flushes; what is pushed afterwards is dropped. */
  close(): Promise<void>;
}

/**
 * @param onError told once, of the first write that fails; nothing is written after it, since a gap would be damage
 */
export function createWriter(
  handle: Pick<FileHandle, "appendFile" | "datasync" | "close">,
  onError: (error: Error) => void,
): Writer {
  const state: {
    pending: string[];
    unsynced: boolean;
    closed: boolean;
    failure?: Error;
    writing?: Promise<void> | undefined;
    syncing?: Promise<void> | undefined;
  } = { pending: [], unsynced: false, closed: false };

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (state.failure) return;
      state.failure = error as Error;
      onError(state.failure);
    }
  };
  const sync = (): Promise<void> =>
    (state.syncing ??= guarded(async () => {
      while (state.unsynced) {
        state.unsynced = false;
        await handle.datasync();
      }
    }).finally(() => (state.syncing = undefined)));
  const write = (): Promise<void> =>
    (state.writing ??= guarded(async () => {
      while (state.pending.length > 0 && !state.failure) {
        const batch = state.pending.join("");
        state.pending = [];
        await handle.appendFile(batch);
        state.unsynced = true;
      }
    }).finally(() => {
      state.writing = undefined;
      // Nobody waits for this one; it bounds what a power cut can take.
      void sync();
    }));
  const written = async (): Promise<void> => {
    if (state.pending.length > 0 || state.writing) await write();
    if (state.failure) throw state.failure;
  };
  const flush = async (): Promise<void> => {
    await written();
    await sync();
    if (state.failure) throw state.failure;
  };
  return {
    push(line) {
      if (state.failure || state.closed) return;
      state.pending.push(line);
      void write();
    },
    written,
    flush,
    close() {
      state.closed = true;
      return flush().finally(() => handle.close());
    },
  };
}
