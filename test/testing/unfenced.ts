import type { Clock } from "../../runtime/clock";
import { memoryStore } from "../../runtime/store/memory";
import type { Store } from "../../runtime/store/store";

/** A careless adapter: once there is a record, it writes over whatever is there. */
export function unfenced(clock: Clock): Store {
  const store = memoryStore({ clock });
  return {
    ...store,
    commit: (change) => store.commit({ ...change, expect: change.expect && store.records.get(change.key)?.version }),
  };
}
