import { defineContract } from "../../../contract";
import { seededRandom } from "../../../local/engine/random";
import { CommitConflict, LeaseLost, memoryStore, StoreUnavailable } from "../../../runtime";
import { realClock } from "../../../runtime/clock";
import { defineHandler, type TransactionalContext } from "../../../runtime/handler";
import type { OutboxRow, Store, Transactions } from "../../../runtime/store/store";
import { common } from "../support/orders";
import { incoming, type InstanceOptions, startInstance } from "../support/simulation";

/** Transactions under test, and a table of numbers by name that they can read and write. */
export interface TransactionSubject<Native> {
  readonly store: Store;
  readonly transactions: Transactions<Native>;
  /** Transactions of a database without the record. */
  readonly elsewhere: Transactions<Native>;
  readonly add: (native: Native, name: string, n: number) => Promise<void>;
  /** Undefined for a name that was never written. */
  readonly value: (name: string) => Promise<number | undefined>;
}

/** `ctx.commitIn`, whatever the transactions are made of. */
export function transactionConformance<Native>(subject: () => TransactionSubject<Native>): void {
  const contract = defineContract({
    ...common,
    name: `tx-${process.pid}-${Date.now().toString(36)}`.slice(0, 41),
    effects: "transactional",
  });
  const brief = defineContract({ ...contract.spec, timeLimit: "1s" });
  let instances = 0;
  let published: OutboxRow[];
  beforeEach(() => (published = []));

  const deliver = async (
    handle: (order: { id: string }, ctx: TransactionalContext) => unknown,
    id: string,
    options: InstanceOptions & { readonly contract?: typeof contract } = {},
    store: Store = subject().store,
  ) => {
    const surroundings = { clock: realClock(), random: seededRandom(`tx${++instances}`), store, published };
    const handler = defineHandler(options.contract ?? contract, handle);
    const { outcome } = await startInstance(surroundings, handler, options).deliver(incoming({ id }));
    return outcome;
  };
  const counting =
    (transactions: Transactions<Native>, more?: (native: Native) => unknown) =>
    (order: { id: string }, ctx: TransactionalContext) =>
      ctx.commitIn(transactions, async (native, outbox) => {
        await subject().add(native, order.id, 1);
        await more?.(native);
        outbox.publish("projects/p/topics/counted", { data: { id: order.id } });
        return { counted: order.id };
      });

  it("commits reads, writes, messages and the record together, once", async () => {
    const { transactions } = subject();
    expect(await deliver(counting(transactions), "once")).toEqual({ kind: "done" });
    expect(await deliver(counting(transactions), "once")).toEqual({ kind: "replayed" });
    expect(await subject().value("once")).toBe(1);
    expect(published.map(({ attributes }) => attributes["millrace-dedupe-id"])).toEqual([published[0]!.id]);
    expect(await subject().store.rows([published[0]!.id])).toEqual([]);
  });

  it("has one effect for five deliveries at a time", async () => {
    const { transactions } = subject();
    const all = Array.from({ length: 5 }, () =>
      deliver(counting(transactions), "together", { deliver: { deadlineMs: 120_000 } }),
    );
    const kinds = (await Promise.all(all)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["done", "replayed", "replayed", "replayed", "replayed"]);
    expect(await subject().value("together")).toBe(1);
  });

  it("undoes all of it when the handler's part throws, and lets it try again", async () => {
    const { transactions } = subject();
    const failing = counting(transactions, () => Promise.reject(new Error("no")));
    expect(await deliver(failing, "undone")).toMatchObject({ kind: "retry", cause: { message: "no" } });
    expect(await subject().value("undone")).toBeUndefined();
    let tries = 0;
    const secondThought = async (order: { id: string }, ctx: TransactionalContext) => {
      const commit = counting(transactions, () => (tries++ === 0 ? Promise.reject(new Error("no")) : undefined));
      await Promise.resolve(commit(order, ctx)).catch(() => commit(order, ctx));
    };
    expect(await deliver(secondThought, "undone")).toEqual({ kind: "done" });
    expect(await subject().value("undone")).toBe(1);
    expect(published).toHaveLength(1);
  });

  it("lets nothing of a zombie through", async () => {
    const { transactions } = subject();
    let failed: (error: unknown) => void = () => {};
    const failure = new Promise((resolve) => (failed = resolve));
    let letGo = () => {};
    const frozen = new Promise<void>((resolve) => (letGo = resolve));
    const zombie = async (order: { id: string }, ctx: TransactionalContext) => {
      await frozen;
      await Promise.resolve(counting(transactions)(order, ctx)).catch(failed);
    };
    expect(await deliver(zombie, "frozen", { contract: brief })).toMatchObject({
      kind: "retry",
      cause: { class: "Interrupted" },
    });
    expect(await deliver(counting(transactions), "frozen")).toEqual({ kind: "done" });
    letGo();
    expect(await failure).toBeInstanceOf(LeaseLost);
    expect(await subject().value("frozen")).toBe(1);
  });

  it("finds out what happened when the reply to the commit was lost", async () => {
    const { transactions } = subject();
    const lossy: Transactions<Native> = {
      ...transactions,
      async run(fence, work) {
        await transactions.run(fence, work);
        throw new StoreUnavailable("the reply was lost");
      },
    };
    expect(await deliver(counting(lossy), "lost")).toEqual({ kind: "done" });
    expect(await subject().value("lost")).toBe(1);
    expect(published).toHaveLength(1);
  });

  it("gives the event back when the commit never reached the store", async () => {
    const { transactions } = subject();
    const silent: Transactions<Native> = {
      ...transactions,
      run: () => Promise.reject(new StoreUnavailable("nobody answers")),
    };
    expect(await deliver(counting(silent), "silent")).toMatchObject({
      kind: "retry",
      cause: { class: "StoreUnavailable" },
    });
    expect(await deliver(counting(transactions), "silent")).toEqual({ kind: "done" });
    expect(await subject().value("silent")).toBe(1);
  });

  it("publishes once what a client has run twice", async () => {
    const { transactions } = subject();
    const eager: Transactions<Native> = {
      ...transactions,
      async run(fence, work) {
        const undone = new Error("run again");
        await transactions
          .run(fence, async (native) => {
            await work(native);
            throw undone;
          })
          .catch((error: unknown) => {
            if (error !== undone) throw error;
          });
        return transactions.run(fence, work);
      },
    };
    expect(await deliver(counting(eager), "eager")).toEqual({ kind: "done" });
    expect(published).toHaveLength(1);
    expect(await subject().value("eager")).toBe(1);
  });

  it("refuses to commit where the record is not", async () => {
    let failure: unknown;
    const astray = async (order: { id: string }, ctx: TransactionalContext) => {
      await Promise.resolve(counting(subject().elsewhere)(order, ctx)).catch((error: unknown) => (failure = error));
      throw new Error("astray");
    };
    expect(await deliver(astray, "astray")).toMatchObject({ kind: "retry", cause: { message: "astray" } });
    expect(failure).toBeInstanceOf(CommitConflict);
    expect((failure as Error).message).toMatch(/database that holds the records/);
  });

  it("refuses transactions of another kind of store", async () => {
    const other = memoryStore();
    const outcome = await deliver(counting(subject().transactions), "kind", {}, other);
    expect(outcome).toMatchObject({ kind: "retry", cause: { class: "TypeError" } });
  });
}
