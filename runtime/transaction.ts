import type { Transaction } from "./handler";
import { type PublishArguments, type Sender, toRow } from "./outgoing";
import type { DocumentData, Effect, OutboxRow } from "./store/store";

/** What a `Transaction` has gathered. */
export interface Gathered {
  readonly effects: readonly Effect[];
  readonly rows: readonly OutboxRow[];
}

export interface TransactionOptions extends Sender {
  /** Contract name, for messages to its author. */
  readonly handler: string;
  /** Root collections the contract declares. */
  readonly writes: readonly string[];
  /** Prefix of row ids: equal whenever this commit is tried again. */
  readonly rowPrefix: string;
}

const SEGMENT = /^(?!\.\.?$)(?!__.*__$)[^/]+$/;

/** @returns a transaction, and what is asked of it, which grows as it is */
export function gather(options: TransactionOptions): Gathered & { readonly tx: Transaction } {
  const effects: Effect[] = [];
  const rows: OutboxRow[] = [];
  const touched = new Set<string>();

  const claimPath = (path: string) => {
    const segments = path.split("/");
    if (segments.length % 2 !== 0 || !segments.every((segment) => SEGMENT.test(segment)))
      throw new RangeError(`"${path}" is not the path of a document; write for example "orders/17"`);
    if (!options.writes.includes(segments[0]!))
      throw new RangeError(
        `contract "${options.handler}" does not declare that it writes "${segments[0]}"; add it to writes`,
      );
    // Firestore applies the writes of a commit in order; two to one document are an oversight, not an intention.
    if (touched.has(path)) throw new RangeError(`"${path}" is written twice in one commit`);
    touched.add(path);
  };
  const put = (op: "set" | "create") => (path: string, data: DocumentData) => {
    claimPath(path);
    effects.push({ op, path, data });
  };
  const tx: Transaction = {
    set: put("set"),
    create: put("create"),
    delete(path) {
      claimPath(path);
      effects.push({ op: "delete", path });
    },
    publish: (...outgoing: PublishArguments) =>
      void rows.push(toRow(`${options.rowPrefix}-${rows.length}`, options, ...outgoing)),
  };
  return { tx, effects, rows };
}
