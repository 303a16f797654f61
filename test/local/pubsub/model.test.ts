import * as fc from "fast-check";
import { DEAD, LETTERS, startBroker, SUBSCRIPTION, textOf } from "./broker";
import type { Delivery } from "../../../local/engine/pubsub";

/**
 * What a consumer does, at random, beside the few rules that Pub/Sub promises: nothing is lost, nothing is out twice,
 * and of each key messages come in order, nothing before what is still out or has come back.
 */
type Deed =
  | { readonly kind: "publish"; readonly key: string }
  | { readonly kind: "take"; readonly max: number }
  | { readonly kind: "ack" | "nack"; readonly which: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "restart"; readonly compacted: boolean };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("publish" as const), key: fc.constantFrom("", "k", "l") }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("take" as const), max: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("ack" as const, "nack" as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1_000, 11_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), compacted: fc.boolean() }) },
);

const settings = fc.record({
  ordering: fc.boolean(),
  exactlyOnce: fc.boolean(),
  retry: fc.option(fc.constant({ minMs: 500, maxMs: 2_000 }), { nil: undefined }),
  deadLetter: fc.option(fc.constant({ topic: DEAD, maxAttempts: 5 }), { nil: undefined }),
});

/** What each key holds, as a consumer may know it. */
function createModel(ordering: boolean, exactlyOnce: boolean) {
  const chains = new Map<string, { readonly text: string; state: "waiting" | "out" | "acked" }[]>();
  const of = (text: string) => {
    for (const chain of chains.values()) {
      const at = chain.findIndex((one) => one.text === text);
      if (at >= 0) return { chain, at, one: chain[at]! };
    }
    throw new Error(`nobody published ${text}`);
  };
  const having = (state: string) =>
    [...chains.values()]
      .flat()
      .filter((one) => one.state === state)
      .map(({ text }) => text);
  return {
    published(text: string, key: string) {
      const chain = chains.get(ordering && key ? key : text) ?? [];
      chain.push({ text, state: "waiting" });
      chains.set(ordering && key ? key : text, chain);
    },
    taken(batch: readonly Delivery[]) {
      const busy = new Set([...chains.values()].filter((chain) => chain.some(({ state }) => state === "out")));
      for (const text of batch.map(textOf)) {
        const { chain, at, one } = of(text);
        expect({ text, state: one.state }).toEqual({ text, state: "waiting" });
        expect({ text, overtakes: busy.has(chain) }).toEqual({ text, overtakes: false });
        expect({ text, skipped: chain.slice(0, at).filter(({ state }) => state === "waiting") }).toEqual({
          text,
          skipped: [],
        });
        one.state = "out";
      }
    },
    acked(text: string) {
      of(text).one.state = "acked";
    },
    failed(text: string) {
      const { chain, at, one } = of(text);
      one.state = "waiting";
      for (const later of chain.slice(at + 1))
        if (later.state === "out" || (later.state === "acked" && !exactlyOnce)) {
          // Acked for good once everything before it is.
          later.state = "waiting";
        }
    },
    restarted() {
      for (const chain of chains.values()) {
        const first = chain.findIndex(({ state }) => state !== "acked");
        // What was acked behind something unacked is not known any more.
        for (const one of first < 0 ? [] : chain.slice(first)) one.state = "waiting";
      }
    },
    out: () => having("out"),
    left: () => [...having("out"), ...having("waiting")],
  };
}

describe("a subscription under any consumer", () => {
  it("loses nothing and keeps the order of every key", async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(deed, { minLength: 5, maxLength: 60 }), async (set, deeds) => {
        let bench = startBroker({ subscription: { ...set, ackDeadlineMs: 10_000 } });
        const model = createModel(set.ordering, set.exactlyOnce);
        const texts = new Map<string, string>();
        const latest = new Map<string, Delivery>();
        const dead: string[] = [];
        let read = 0;
        /** Learns what the broker did by itself. */
        const learn = () => {
          const news = bench.events.slice(read);
          read = bench.events.length;
          for (const event of news) {
            if (event.type === "deadLettered") dead.push(texts.get(event.messageId)!);
            if (event.type !== "nacked") continue;
            const forwarded = news.some((one) => one.type === "deadLettered" && one.messageId === event.messageId);
            if (forwarded) model.acked(texts.get(event.messageId)!);
            else model.failed(texts.get(event.messageId)!);
          }
        };
        const settle = (kind: "ack" | "nack", which: number) => {
          const out = model.out();
          const text = out[which % Math.max(1, out.length)];
          if (text === undefined) return;
          if (kind === "nack") return bench.nack(latest.get(text));
          expect(bench.ack(latest.get(text))).toEqual(["ok"]);
          model.acked(text);
        };
        const take = (max: number) => {
          const batch = bench.take(max);
          model.taken(batch);
          for (const one of batch) latest.set(textOf(one), one);
          return batch;
        };
        for (const one of deeds) {
          if (one.kind === "publish") {
            const text = String(texts.size);
            texts.set(bench.publish(text, one.key), text);
            model.published(text, one.key);
          } else if (one.kind === "take") take(one.max);
          else if (one.kind === "pass") await bench.clock.advance(one.ms);
          else if (one.kind === "restart") {
            bench = bench.restart(one);
            read = 0;
            model.restarted();
          } else settle(one.kind, one.which);
          learn();
        }
        // A consumer that acks whatever comes ends with nothing left.
        for (let turn = 0; turn < 100 && model.left().length > 0; turn++) {
          take(3);
          for (const _ of model.out()) settle("ack", 0);
          await bench.clock.advance(1_000);
          learn();
        }
        expect(model.left()).toEqual([]);
        expect(bench.pubsub.stats(SUBSCRIPTION)).toMatchObject({ unacked: 0, outstanding: 0 });
        expect(bench.texts(1_000, LETTERS).sort()).toEqual(dead.sort());
        bench.pubsub.stop();
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
