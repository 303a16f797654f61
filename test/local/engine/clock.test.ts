import { advanceClock } from "../../../local/engine/advance";
import { realClock } from "../../../local/engine/clock";

const HOUR = 3_600_000;

describe("a running clock that is put forward", () => {
  it("fires what falls due on the way, in the order of its instants, and nothing else", () => {
    const clock = realClock(1, 0);
    const fired: string[] = [];
    const late = clock.after(3 * HOUR, () => fired.push("late"));
    const setMs = clock.now();
    clock.after(2 * HOUR, () => fired.push("second"));
    clock.after(HOUR, () => fired.push("first"));
    clock.after(HOUR, () => fired.push("first too"));
    clock.after(HOUR, () => {}).cancel();
    clock.jump(2 * HOUR + 1_000);
    expect(fired).toEqual(["first", "first too", "second"]);
    expect(clock.now()).toBeGreaterThanOrEqual(2 * HOUR + 1_000);
    expect(clock.next()).toBeGreaterThanOrEqual(3 * HOUR);
    expect(clock.next()).toBeLessThanOrEqual(3 * HOUR + setMs + 1);
    late.cancel();
    expect(clock.next()).toBeUndefined();
  });

  it("never goes back, and says how far it went", () => {
    const clock = realClock(10, 0);
    const jumps: number[] = [];
    const off = clock.onJump((byMs) => jumps.push(byMs));
    clock.jump(-5);
    const before = clock.now();
    clock.jump(HOUR);
    off();
    clock.jump(2 * HOUR);
    expect(jumps).toHaveLength(1);
    expect(jumps[0]).toBeLessThanOrEqual(HOUR - before);
    expect(jumps[0]).toBeGreaterThan(0);
    // Children that start later are told of the new time.
    expect(clock.time.engineEpochMs).toBeGreaterThan(HOUR);
    expect(clock.time.scale).toBe(10);
  });

  it("still counts what has not fallen due", async () => {
    const clock = realClock(1, 0);
    const fired = new Promise<void>((resolve) => void clock.after(HOUR + 20, resolve));
    clock.jump(HOUR);
    await fired;
    expect(clock.now()).toBeGreaterThanOrEqual(HOUR + 20);
  });
});

describe("advancing", () => {
  it("goes from timer to timer and lets each come to rest", async () => {
    const clock = realClock(1, 0);
    const seen: number[] = [];
    let busy = false;
    const tick = () => {
      seen.push(Math.round(clock.now() / HOUR));
      busy = true;
      // Real work, of a process say.
      setTimeout(() => (busy = false), 10);
      next = clock.after(HOUR, tick);
    };
    let next = clock.after(HOUR, tick);
    const done = await advanceClock(clock, 3.5 * HOUR, () => !busy);
    expect(seen).toEqual([1, 2, 3]);
    expect(done).toMatchObject({ fired: 3, settled: true });
    expect(done.toMs - done.fromMs).toBeGreaterThanOrEqual(3.5 * HOUR);
    next.cancel();
  });
});
