import { StoreUnavailable } from "./errors";
import type { Log } from "./log";
import { revised } from "./record/revised";
import { type Held, patiently, type Patience } from "./record/transition";
import type { OutboxRow, Store } from "./store/store";

export interface RelayOptions {
  readonly store: Store;
  readonly publish: (rows: readonly OutboxRow[]) => Promise<void>;
  readonly patience: Patience;
  readonly log: () => Log;
  /** Called when the rows are published and still in the store. */
  readonly published: () => Promise<void>;
}

/**
 * Publishes what was committed with a record and is still pending, then removes it. Runs before the delivery is
 * answered, since nothing is sure to run afterwards; a crash in between publishes again, with the same dedupe ids.
 * @param rows as committed, if at hand; read from the store otherwise
 * @throws when publishing fails; the rows stay for the next delivery
 */
export async function relay(held: Held, rows: readonly OutboxRow[] | undefined, options: RelayOptions): Promise<void> {
  const { store, patience } = options;
  const ids = held.record.outbox;
  if (ids.length === 0) return;
  await options.publish(rows ?? (await patiently(patience, () => store.rows(ids))));
  await options.published();
  const record = revised(held.record, { outbox: [] });
  try {
    // If the record has moved, another delivery of the event has relayed them too.
    await patiently(patience, () =>
      store.commit({ key: held.key, expect: held.version, record, removeRows: [...ids] }),
    );
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    options.log().warn("published outbox rows could not be removed; a later delivery would publish them again", {
      error,
    });
  }
}
