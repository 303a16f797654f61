import { EventEmitter, once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { GoOn, PointReached } from "../../contract";
import { ENV, formatClock } from "../../contract/environment";
import { toFunction } from "../../runtime/functions";
import { defineHandler } from "../../runtime/handler";
import { environmentFor } from "./support/environment";
import { bundleFunction, type RunningFunction, startFunction } from "./support/bundled-function";
import { atLeastOnce, saving } from "./support/orders";
import { goodClaims, strippedToken } from "./support/tokens";

const SOURCE = `
  import { defineHandler } from "millrace/runtime";
  import { toFunction } from "millrace/runtime/functions";
  import { atLeastOnce } from "./test/runtime/support/orders";
  export const handler = toFunction(
    defineHandler(atLeastOnce, ({ n = 0 }) => {
      console.log("begun");
      return new Promise((resolve) => setTimeout(resolve, n));
    }),
  );
`;

describe("a function of the Functions Framework", () => {
  let folder: string;
  let running: RunningFunction | undefined;
  beforeAll(() => {
    folder = bundleFunction(SOURCE);
  });
  afterEach(() => running?.child.kill("SIGKILL"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** On the engine's clock: a shutdown takes 8 s of it at most. */
  const env = (scale = 1) => {
    const now = Date.now();
    return {
      ...environmentFor({ contract: atLeastOnce, run: () => {} }),
      [ENV.environment]: "local",
      [ENV.clock]: formatClock({ realEpochMs: now, engineEpochMs: now, scale }),
    };
  };
  const send = (id: string, n = 0, contentType = "application/json") =>
    fetch(`http://127.0.0.1:${running!.port}/`, {
      method: "POST",
      headers: {
        authorization: strippedToken(goodClaims(Date.now())),
        "content-type": contentType,
        "x-goog-pubsub-message-id": `m-${id}`,
      },
      body: JSON.stringify({ id, n }),
    }).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );

  /** Waits until the handler has been called so many times: a busy machine may take its time to deliver. */
  const begun = async (count: number) => {
    while ((running!.output().match(/^begun$/gm) ?? []).length < count)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it("takes the body as it was sent, whatever the framework makes of its type", async () => {
    running = await startFunction(folder, env());
    for (const type of [
      "application/json",
      "text/plain",
      "application/octet-stream",
      "application/x-www-form-urlencoded",
    ])
      expect(await send(type, 0, type)).toBe(204);
  });

  it("finishes on SIGTERM what the framework alone would drop", async () => {
    running = await startFunction(folder, env());
    await send("warm");
    const answers = Array.from({ length: 10 }, (_, i) => send(String(i), 300));
    await begun(11);
    running.child.kill("SIGTERM");
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, () => 204));
    expect(await running.exited).toEqual([0, null]);
  });

  it("gives back on SIGTERM what does not end in time", async () => {
    running = await startFunction(folder, env(10));
    const answer = send("slow", 600_000);
    await begun(1);
    running.child.kill("SIGTERM");
    expect(await answer).toBe(503);
    expect(await running.exited).toEqual([0, null]);
    expect(running.output()).toContain('"class":"Interrupted"');
  });

  it("does not start with an environment of another contract (MR3010), and says so", async () => {
    running = await startFunction(folder, { ...env(), [ENV.contractHash]: "0" });
    expect(await running.exited).toEqual([1, null]);
    expect(running.output()).toContain("MR3010 handler orders");
  });

  it("announces crash points, waits for leave, and can be killed at one", async () => {
    running = await startFunction(folder, { ...env(), [ENV.probe]: "1" });
    const seen: PointReached[] = [];
    running.child.on("message", (message: PointReached) => {
      seen.push(message);
      if (message.point === "C4" && message.key === "doomed") running!.child.kill("SIGKILL");
      else running!.child.send({ type: "millrace:go", id: message.id } satisfies GoOn);
    });
    expect(await send("fine")).toBe(204);
    expect(seen).toEqual(
      (["C0", "C2", "C4", "C6"] as const).map((point) => ({
        type: "millrace:point",
        id: expect.any(Number),
        point,
        handler: "orders",
        key: point === "C0" ? "m-fine" : "fine",
        messageId: "m-fine",
      })),
    );
    expect(await send("doomed")).toBe("fetch failed");
    expect(await running.exited).toEqual([null, "SIGKILL"]);
    expect(seen.filter(({ messageId }) => messageId === "m-doomed").map(({ point }) => point)).toEqual([
      "C0",
      "C2",
      "C4",
    ]);
  });
});

describe("toFunction", () => {
  it("answers 413 to a body that is too large, and runs nothing (MR3027)", async () => {
    const lines: string[] = [];
    let runs = 0;
    const handler = defineHandler(atLeastOnce, async () => void runs++);
    const host = Object.assign(new EventEmitter(), { exit: () => {} });
    const answer = toFunction(handler, { env: environmentFor(handler), write: (line) => lines.push(line) }, host);
    // As the framework, which reads far more, would hand it on.
    const rawBody = { length: 32 * 1024 * 1024 + 1 };
    const server = createServer(
      (request, response) => void answer(Object.assign(request, { rawBody }) as never, response),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      method: "POST",
      headers: { authorization: strippedToken(goodClaims(Date.now())) },
    });
    server.close();
    expect([response.status, await response.text(), runs]).toEqual([413, "the body is larger than 33554432 bytes", 0]);
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(expect.objectContaining({ code: "MR3027" }));
  });

  it("ends a process that must not start, before anything listens", () => {
    const lines: string[] = [];
    const exits: number[] = [];
    const host = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
    expect(() => toFunction(saving, { env: {}, write: (line) => lines.push(line) }, host)).toThrow("MR3012");
    expect(exits).toEqual([1]);
    expect(lines.map((line) => (JSON.parse(line) as { code: string }).code)).toContain("MR3012");
  });
});
