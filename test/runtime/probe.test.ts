import type { PointReached } from "../../contract";
import { ENV } from "../../contract/environment";
import { createProbe } from "../../runtime/probe";

/** One end of an IPC channel. */
function channel() {
  const sent: PointReached[] = [];
  let receive: (message: unknown) => void = () => {};
  const ipc = {
    sent,
    held: false,
    channel: {
      ref: () => void (ipc.held = true),
      unref: () => void (ipc.held = false),
    },
    receive: (message: unknown) => receive(message),
    send: (message: PointReached) => sent.push(message),
    on: (_event: "message", listener: (message: unknown) => void) => (receive = listener),
  };
  return ipc;
}

describe("a crash point", () => {
  const env = { [ENV.probe]: "1", [ENV.environment]: "local" };

  it("is announced and waits for its own leave", async () => {
    const ipc = channel();
    const probe = createProbe("orders", env, ipc)!;
    const passed: string[] = [];
    const first = Promise.resolve(probe("C2", "k1", "m1")).then(() => passed.push("first"));
    const second = Promise.resolve(probe("C2", "k2", "m2")).then(() => passed.push("second"));
    expect(ipc.sent).toEqual([
      { type: "millrace:point", id: 1, point: "C2", handler: "orders", key: "k1", messageId: "m1" },
      { type: "millrace:point", id: 2, point: "C2", handler: "orders", key: "k2", messageId: "m2" },
    ]);
    ipc.receive(null);
    ipc.receive({ type: "something-else", id: 1 });
    ipc.receive({ type: "millrace:go", id: 2 });
    await second;
    // A process that waits for its leave alone would end: the engine's guard lets go of the channel.
    expect(ipc.held).toBe(true);
    expect(passed).toEqual(["second"]);
    ipc.receive({ type: "millrace:go", id: 1 });
    await first;
    expect(ipc.held).toBe(false);
  });

  it.each([
    ["outside the local environment", { ...env, [ENV.environment]: "prod" }],
    ["when nobody asked", { ...env, [ENV.probe]: undefined }],
  ])("is passed in silence %s", (_name, other) => {
    expect(createProbe("orders", other, channel())).toBeUndefined();
  });

  it("is passed in silence without a parent process", () => {
    const { on } = channel();
    expect(createProbe("orders", env, { on })).toBeUndefined();
  });
});
