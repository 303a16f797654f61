import { formatClock, parseClock } from "../../contract";

describe("the engine's clock in a variable", () => {
  it("is read as it was written", () => {
    const time = { realEpochMs: 1_700_000_000_000, engineEpochMs: 1_600_000_000_000.5, scale: 0.1 };
    expect(parseClock(formatClock(time))).toEqual(time);
  });

  it.each(["", "1:2", "1:2:0", "1:2:-1", "1:2:x", "a:b:c", "1:2:Infinity"])("is refused as %j", (text) => {
    expect(() => parseClock(text)).toThrow(RangeError);
  });
});
