import { createChaos, type Reached } from "../../../examples/webhooks/chaos";

const reached = (over: Partial<Reached> = {}): Reached & { kill: jest.Mock; goOn: jest.Mock } => ({
  handler: "pushes",
  point: "C2",
  key: "a",
  inFlight: [{ attempt: 1 }],
  ...over,
  kill: jest.fn(),
  goOn: jest.fn(),
});

const KILL = { handler: "pushes", point: "C2", delivery: "a" } as const;

describe("chaos", () => {
  it("kills the process that reaches the scheduled point with the scheduled event, once", () => {
    const chaos = createChaos([KILL], 8);
    const first = reached();
    const second = reached();
    chaos.onPoint(first);
    chaos.onPoint(second);
    expect(first.kill).toHaveBeenCalledTimes(1);
    expect(first.goOn).not.toHaveBeenCalled();
    expect(second.goOn).toHaveBeenCalledTimes(1);
    expect(chaos.crashes).toEqual({ C2: 1 });
    expect(chaos.pending()).toEqual([]);
  });

  it.each([
    { what: "another point", over: { point: "C6" } as const },
    { what: "another event", over: { key: "b" } },
    { what: "another handler", over: { handler: "audit" } },
  ])("lets $what go on", ({ over }) => {
    const chaos = createChaos([KILL], 8);
    const other = reached(over);
    chaos.onPoint(other);
    expect(other.kill).not.toHaveBeenCalled();
    expect(chaos.pending()).toEqual([KILL]);
  });

  it("spares a process in which a bystander has fewer than two attempts left, and kills at the next event", () => {
    const chaos = createChaos([KILL], 8);
    const crowded = reached({
      inFlight: [{ attempt: 1 }, { attempt: 7 }],
    });
    const next = reached({ key: "c" });
    chaos.onPoint(crowded);
    chaos.onPoint(next);
    expect(crowded.kill).not.toHaveBeenCalled();
    expect(next.kill).toHaveBeenCalledTimes(1);
  });

  it("counts what its kills interrupted, and those that fell between effect and record", () => {
    const chaos = createChaos([{ ...KILL, point: "C4" }], 8);
    chaos.onPoint(
      reached({
        point: "C4",
        inFlight: [{ attempt: 1 }, { attempt: 1 }],
      }),
    );
    expect(chaos.interrupted).toEqual({ pushes: 2 });
    expect(chaos.afterEffect).toEqual({ pushes: 1 });
  });
});
