import { defineContract } from "../../../contract";
import { seededRandom } from "../../../local/engine/random";
import { LeaseLost } from "../../../runtime";
import { realClock } from "../../../runtime/clock";
import { defineHandler } from "../../../runtime/handler";
import { recordKey } from "../../../runtime/store/key";
import { common } from "../support/orders";
import { incoming, startInstance, type Surroundings } from "../support/simulation";
import type { Subject } from "./conformance";

/**
 * The protocol on a store with a clock of its own: what the vectors cannot show, because it takes time. What has to
 * lapse lasts one second, the shortest there is; everything else so long that no busy machine makes it lapse.
 */
export function protocolConformance(subject: () => Subject): void {
  const collection = `orders-${process.pid}-${Date.now().toString(36)}`;
  const contract = defineContract({
    ...common,
    // Its own records, should the store be shared.
    name: collection.slice(0, 41),
    timeLimit: "60s",
    effects: "transactional",
    writes: [collection],
  });
  const brief = defineContract({ ...contract.spec, timeLimit: "1s" });
  const path = (id: string) => `${collection}/${id}`;
  const record = async (id: string) =>
    (await subject().store.read(recordKey(contract.manifest.name, 1, id))).stored?.record;
  let instances = 0;
  const surroundings = (): Surroundings => ({
    clock: realClock(),
    // A stream for each, or two deliveries would take each other's nonce for their own.
    random: seededRandom(++instances),
    store: subject().store,
    published: [],
  });
  const creatingOf = (of: typeof contract) =>
    defineHandler(of, async (order, ctx) => ctx.commit((tx) => tx.create(path(order.id), { token: ctx.token })));
  const creating = creatingOf(contract);
  const patient = { deliver: { deadlineMs: 120_000 } };

  it("has one effect for ten simultaneous deliveries, and replays it to nine", async () => {
    const deliveries = Array.from({ length: 10 }, () =>
      startInstance(surroundings(), creating, patient).deliver(incoming({ id: "together" })),
    );
    const kinds = (await Promise.all(deliveries)).map(({ outcome }) => outcome.kind).toSorted();
    expect(kinds).toEqual(["done", ...Array.from({ length: 9 }, () => "replayed")]);
    expect(await subject().document(path("together"))).toEqual({ token: 1 });
  });

  it("takes over from an owner that fell silent when its lease has lapsed", async () => {
    let died = () => {};
    const dead = new Promise<void>((resolve) => (died = resolve));
    void startInstance(surroundings(), creatingOf(brief), {
      ...patient,
      at: (point, self) => {
        if (point !== "C2") return;
        self.kill();
        died();
      },
    }).deliver(incoming({ id: "silent" }));
    await dead;
    const next = await startInstance(surroundings(), creating, patient).deliver(incoming({ id: "silent" }));
    expect(next).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    expect(await record("silent")).toMatchObject({ state: "DONE", token: 2, lostLeases: 1 });
  });

  it("renews a lease for as long as the handler runs", async () => {
    let begun = () => {};
    const running = new Promise<void>((resolve) => (begun = resolve));
    const renewed = async (id: string) => {
      for (const from = (await record(id))!.revision; (await record(id))!.revision === from;)
        await new Promise((resolve) => setTimeout(resolve, 50));
    };
    // Three seconds between two renewals, and nine before the lease would lapse.
    const slow = defineHandler(defineContract({ ...contract.spec, timeLimit: "9s" }), async (order, ctx) => {
      begun();
      await renewed(order.id);
      await ctx.commit((tx) => tx.create(path(order.id), { token: ctx.token }));
    });
    const first = startInstance(surroundings(), slow, patient).deliver(incoming({ id: "slow" }));
    await running;
    const second = startInstance(surroundings(), slow, patient).deliver(incoming({ id: "slow" }));
    expect((await first).outcome).toEqual({ kind: "done" });
    expect((await second).outcome).toEqual({ kind: "replayed" });
    expect(await record("slow")).toMatchObject({ state: "DONE", token: 1 });
  });

  it("lets nothing of a zombie through", async () => {
    let letGo = () => {};
    const frozen = new Promise<void>((resolve) => (letGo = resolve));
    let failed: (error: unknown) => void = () => {};
    const failure = new Promise((resolve) => (failed = resolve));
    const zombie = defineHandler(brief, async (order, ctx) => {
      await frozen;
      await ctx.commit((tx) => tx.set(path(order.id), { by: "zombie" })).catch(failed);
    });
    // Past its time limit its delivery is answered without it, and it runs on.
    const first = await startInstance(surroundings(), zombie, patient).deliver(incoming({ id: "frozen" }));
    expect(first.outcome).toMatchObject({ kind: "retry", cause: { class: "Interrupted" } });
    const second = await startInstance(surroundings(), creating, patient).deliver(incoming({ id: "frozen" }));
    expect(second).toEqual({ outcome: { kind: "done" }, attempt: 2 });
    letGo();
    expect(await failure).toBeInstanceOf(LeaseLost);
    expect(await subject().document(path("frozen"))).toEqual({ token: 2 });
  });
}
