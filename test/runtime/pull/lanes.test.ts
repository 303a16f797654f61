import { virtualClock } from "../../../local/engine/clock";
import { createLanes, type LanesOptions, type Pulled, type Verdict } from "../../../runtime/pull/lanes";
import { type FakeMessage, message } from "../support/pulled";

const ACK: Verdict = { ack: true };
const nackAfter = (afterMs = 0): Verdict => ({ ack: false, afterMs });

/** Lanes whose handling ends when the test says so. */
function scene(options: Partial<LanesOptions> = {}) {
  const clock = virtualClock(0);
  const running: Pulled[] = [];
  const started: string[] = [];
  const ends = new Map<Pulled, (verdict: Verdict) => void>();
  const lanes = createLanes({
    clock,
    maxMessages: 100,
    maxBytes: 1_000,
    ordered: true,
    handle: async (one) => {
      running.push(one);
      started.push(one.data.toString());
      const verdict = await new Promise<Verdict>((resolve) => ends.set(one, resolve));
      running.splice(running.indexOf(one), 1);
      return verdict;
    },
    ...options,
  });
  const end = async (one: Pulled, verdict: Verdict) => {
    ends.get(one)!(verdict);
    await clock.advance(0);
  };
  const add = (...messages: FakeMessage[]) => messages.forEach((one) => lanes.add(one));
  return { clock, lanes, running, started, end, add };
}
const of = (key: string, ...texts: string[]) => texts.map((text) => message(text, { orderingKey: key }));

describe("messages at hand", () => {
  it("are never handled more than so many at a time", async () => {
    const { add, running, end, lanes } = scene({ maxMessages: 2 });
    const all = of("", "a", "b", "c", "d");
    add(...all);
    expect(running).toHaveLength(2);
    await end(all[0]!, ACK);
    expect(running).toEqual([all[1], all[2]]);
    expect(lanes.held).toBe(3);
  });

  it("are never more bytes at a time, save for one that is larger by itself", async () => {
    const { add, running, end } = scene({ maxBytes: 10 });
    const [six, five, large, small] = of("", "x".repeat(6), "y".repeat(5), "z".repeat(50), "s");
    add(six!, five!, large!, small!);
    expect(running).toEqual([six]);
    await end(six!, ACK);
    expect(running).toEqual([five]);
    await end(five!, ACK);
    expect(running).toEqual([large]);
    await end(large!, ACK);
    expect(running).toEqual([small]);
  });

  it("of one key are handled one after another, beside those of other keys", async () => {
    const { add, started, end } = scene();
    const a = of("a", "a1", "a2", "a3");
    const b = of("b", "b1");
    add(...a, ...b);
    expect(started).toEqual(["a1", "b1"]);
    await end(a[0]!, ACK);
    expect(started).toEqual(["a1", "b1", "a2"]);
  });

  it("of one key run together when no order was asked for", () => {
    const { add, running } = scene({ ordered: false });
    add(...of("a", "a1", "a2", "a3"));
    expect(running).toHaveLength(3);
  });

  it("do not starve behind a key with many", async () => {
    const { add, started, end } = scene({ maxMessages: 1 });
    const a = of("a", "a1", "a2", "a3");
    add(...a, ...of("b", "b1"));
    await end(a[0]!, ACK);
    expect(started).toEqual(["a1", "b1"]);
  });
});

describe("a message that fails", () => {
  it("takes with it what follows in its key, and nothing else", async () => {
    const { add, end, lanes, running } = scene();
    const a = of("a", "a1", "a2", "a3");
    const b = of("b", "b1", "b2");
    add(...a, ...b);
    await end(a[0]!, nackAfter());
    expect(a.map(({ ended }) => ended)).toEqual([["nack"], ["nack"], ["nack"]]);
    expect(b.flatMap(({ ended }) => ended)).toEqual([]);
    expect([lanes.held, running.length]).toEqual([2, 1]);
  });

  it("is awaited before others of its key that were on their way", async () => {
    const { add, end, started } = scene();
    const [first] = of("a", "a1");
    add(first!);
    await end(first!, nackAfter());
    const [late] = of("a", "a2");
    add(late!);
    expect(late!.ended).toEqual(["nack"]);
    const again = message("a1", { orderingKey: "a", id: first!.id });
    add(again, ...of("a", "a2"));
    expect(started).toEqual(["a1", "a1"]);
    await end(again, ACK);
    expect(started).toEqual(["a1", "a1", "a2"]);
  });

  it("is not awaited for ever: somebody else may have got it", async () => {
    const { add, end, started, clock } = scene();
    const [first] = of("a", "a1");
    add(first!);
    await end(first!, nackAfter());
    await clock.advance(5_000);
    add(...of("a", "a2"));
    expect(started).toEqual(["a1", "a2"]);
  });

  it("rests as long as it asked to, without taking a place from others", async () => {
    const { add, end, running, clock } = scene({ maxMessages: 1 });
    const [first, follower] = of("a", "a1", "a2");
    const [other] = of("b", "b1");
    add(first!, follower!, other!);
    await end(first!, nackAfter(30_000));
    expect(running).toEqual([other]);
    await clock.advance(29_999);
    expect([first!.ended, follower!.ended]).toEqual([[], []]);
    await clock.advance(1);
    expect([first!.ended, follower!.ended]).toEqual([["nack"], ["nack"]]);
  });

  it("rests for a minute at most, and not beside too many others", async () => {
    const { add, end, clock } = scene({ maxMessages: 1 });
    const [first, second] = of("", "1", "2");
    add(first!, second!);
    await end(first!, nackAfter(600_000));
    await end(second!, nackAfter(600_000));
    expect([first!.ended, second!.ended]).toEqual([[], ["nack"]]);
    await clock.advance(60_000);
    expect(first!.ended).toEqual(["nack"]);
  });
});

describe("lanes that are stopped", () => {
  it("give back what has not been started, and what rests, but nothing that is being handled", async () => {
    const { add, end, lanes, clock, running } = scene({ maxMessages: 2 });
    const [resting, first, follower] = [...of("r", "r1"), ...of("a", "a1", "a2")];
    const more = of("", "x", "y");
    add(resting!, first!, follower!, ...more);
    await end(resting!, nackAfter(30_000));
    expect(running).toEqual([first, more[0]]);
    lanes.stop();
    await clock.advance(0);
    expect([resting, follower, more[1]].map((one) => one!.ended)).toEqual([["nack"], ["nack"], ["nack"]]);
    expect([first, more[0]].map((one) => one!.ended)).toEqual([[], []]);
    expect(lanes.held).toBe(2);
    const [late] = of("", "late");
    add(late!);
    expect(late!.ended).toEqual(["nack"]);
  });

  it("are idle when the last one has ended", async () => {
    const { add, end, lanes } = scene();
    const [one] = of("", "1");
    add(one!);
    lanes.stop();
    let idle = false;
    void lanes.idle().then(() => (idle = true));
    await Promise.resolve();
    expect(idle).toBe(false);
    await end(one!, ACK);
    expect(idle).toBe(true);
    await lanes.idle();
  });
});
