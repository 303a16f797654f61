import { spawn } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { realClock, virtualClock } from "../../../local/engine/clock";
import type { PointHook } from "../../../local/engine/processes";
import { IssuesError } from "../../../contract/issue";
import { alive, ask, name, type Rig, rig as makeRig, scratch, server, target, until } from "./fixtures";

const { folder, remove } = scratch();
let running: Rig | undefined;
let states = 0;
const stateDir = () => join(folder, `state-${++states}`);
const rig: typeof makeRig = (...args) => (running = makeRig(...args));
afterEach(async () => {
  await running?.processes.stop();
  running = undefined;
});
afterAll(remove);

const issuesOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof IssuesError) return error.issues;
  throw error ?? new Error("nothing was thrown");
};

describe("a service", () => {
  it("runs `node index.js` of its archive, listens on PORT and logs", async () => {
    const spec = target(
      folder,
      server(`({ cwd: process.cwd(), argv: process.argv.length })`, `console.log("up"); console.error("warm");`),
    );
    const { processes, of } = rig(stateDir(), [spec]);
    await processes.start();
    expect(await ask(processes, spec)).toEqual({ cwd: expect.stringMatching(/unpacked/), argv: 2 });
    const [started] = of("processStarted");
    expect(started).toMatchObject({ target: name(spec), pid: expect.any(Number), readyMs: expect.any(Number) });
    // Two streams, of which either may be read first.
    for (const line of ["up", "warm"]) await running!.seen((event) => event.type === "log" && event.line === line);
    expect(of("log").map(({ stream, line, pid }) => [stream, line, pid])).toEqual(
      expect.arrayContaining([
        ["stdout", "up", started!.pid],
        ["stderr", "warm", started!.pid],
      ]),
    );
    expect(processes.status()).toMatchObject([{ target: name(spec), state: "ready", restarts: 0, queued: 0 }]);
  });

  it("is reached on this machine's loopback only, however it listens", async () => {
    const listens = [
      `.listen(process.env.PORT)`,
      `.listen({ port: process.env.PORT })`,
      `.listen(+process.env.PORT, "0.0.0.0")`,
      `.listen(+process.env.PORT, "::", () => {})`,
    ];
    const specs = listens.map((listen, i) =>
      target(
        folder,
        `const s = require("node:http").createServer((q, r) => r.end(JSON.stringify(s.address().address)))${listen};`,
        { name: `l${i}` },
      ),
    );
    const { processes } = rig(stateDir(), specs);
    await processes.start();
    expect(await Promise.all(specs.map((spec) => ask(processes, spec)))).toEqual(listens.map(() => "127.0.0.1"));
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((each) => each && !each.internal && each.family === "IPv4");
    const { port } = processes.status()[0]!.instances[0]!;
    if (outside) await expect(fetch(`http://${outside.address}:${port}/`)).rejects.toThrow("fetch failed");
  });

  it("sees an allow-listed environment, the plan's and the stand-ins, and nothing else", async () => {
    const spec = target(folder, server("process.env"), { environment: { MINE: "1", PORT: "1", PATH: "/plan" } });
    const parentEnv = {
      PATH: "/bin",
      HOME: "/h",
      LANG: "C",
      NODE_OPTIONS: "--title=x",
      GOOGLE_APPLICATION_CREDENTIALS: "/key.json",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const clock = realClock(2, 1_000);
    const standIns = { pubsubHost: "127.0.0.1:1", firestoreHost: "127.0.0.1:2", issuer: "http://127.0.0.1:3" };
    const { processes } = rig(stateDir(), [spec], { parentEnv, clock, standIns });
    await processes.start();
    const env = (await ask(processes, spec)) as Record<string, string>;
    delete env.NODE_CHANNEL_FD;
    delete env.NODE_CHANNEL_SERIALIZATION_MODE;
    expect(env).toEqual({
      PATH: "/plan",
      HOME: "/h",
      LANG: "C",
      TZ: "UTC",
      MINE: "1",
      PORT: String(processes.status()[0]!.instances[0]!.port),
      K_SERVICE: "app",
      K_CONFIGURATION: "app",
      K_REVISION: "app-00001-loc",
      GOOGLE_CLOUD_PROJECT: "p",
      METADATA_SERVER_DETECTION: "none",
      PUBSUB_EMULATOR_HOST: "127.0.0.1:1",
      FIRESTORE_EMULATOR_HOST: "127.0.0.1:2",
      MILLRACE_ENV: "local",
      MILLRACE_CLOCK: `${clock.time.realEpochMs}:1000:2`,
      MILLRACE_ISSUER: "http://127.0.0.1:3",
    });
  });
});

describe("a function", () => {
  it("is run by the functions framework of this package", async () => {
    const source = `exports.handler = (request, response) => response.json({ path: request.path, target: process.env.FUNCTION_TARGET, type: process.env.FUNCTION_SIGNATURE_TYPE });`;
    const spec = target(folder, source, { kind: "function", name: "fn" });
    const { processes } = rig(stateDir(), [spec]);
    await processes.start();
    expect(await ask(processes, spec, "/a/b")).toEqual({ path: "/a/b", target: "handler", type: "http" });
    expect(name(spec)).toBe("projects/p/locations/r/functions/fn");
  });
});

describe("a target that does not start", () => {
  it("fails at once with the end of its log, and stops the others", async () => {
    const good = target(folder, server("1"), { name: "good" });
    const bad = target(folder, `console.error("no such table"); process.exit(3);`, { name: "bad" });
    const worse = target(folder, `throw new Error("boom")`, { name: "worse", kind: "function" });
    const { processes, of } = rig(stateDir(), [good, bad, worse]);
    const issues = await issuesOf(processes.start());
    expect(issues.map(({ code, path }) => [code, path])).toEqual([
      ["MR4211", name(bad)],
      ["MR4211", name(worse)],
    ]);
    expect(issues[0]!.problem).toMatch(/exit code 3[^]*no such table/);
    expect(issues[1]!.problem).toContain("boom");
    for (const { pid } of of("processStarted")) expect(alive(pid)).toBe(false);
  });

  it.each([
    ["no start script", null, /is missing/],
    ["a start script that is not `node <file>`", "next start", /is "next start"/],
    ["options before the file", "node --inspect index.js", /is "node --inspect/],
    ["a file that is not there", "node other.js", /other\.js, which is not in the archive/],
    ["a file outside of the archive", "node ../index.js", /not in the archive/],
  ])("for %s", async (_, start, problem) => {
    const spec = target(folder, server("1"), { name: "s" }, start);
    const issues = await issuesOf(rig(stateDir(), [spec]).processes.start());
    expect(issues).toMatchObject([{ code: "MR4210", path: name(spec), problem: expect.stringMatching(problem) }]);
  });

  it("for a missing archive", async () => {
    const spec = { ...target(folder, ""), archive: join(folder, "none.zip") };
    expect(await issuesOf(rig(stateDir(), [spec]).processes.start())).toMatchObject([{ code: "MR4201" }]);
  });

  it("within four minutes of engine time", async () => {
    const clock = virtualClock(0);
    const spec = target(folder, `console.log("idle"); setInterval(() => {}, 1000);`);
    const { processes, seen } = rig(stateDir(), [spec], { clock });
    const issues = issuesOf(processes.start());
    await seen((event) => event.type === "log");
    await clock.advance(240_000);
    expect(await issues).toMatchObject([{ code: "MR4212", problem: expect.stringMatching(/240 s[^]*idle/) }]);
  });

  it("because its port was taken, is tried again on another", async () => {
    const flag = join(folder, "taken");
    const source = `const { existsSync, writeFileSync } = require("node:fs");
      if (!existsSync(${JSON.stringify(flag)})) { writeFileSync(${JSON.stringify(flag)}, ""); throw new Error("listen EADDRINUSE"); }
      ${server("1")}`;
    const spec = target(folder, source);
    const { processes } = rig(stateDir(), [spec]);
    await processes.start();
    expect(await ask(processes, spec)).toBe(1);
  });
});

describe("a process that ends", () => {
  const dies = server(`request.url === "/die" ? process.exit(7) : process.pid`);

  it("is started again at once, and requests wait for it", async () => {
    const spec = target(folder, dies);
    const { processes, of, seen } = rig(stateDir(), [spec]);
    await processes.start();
    const first = await ask(processes, spec);
    await ask(processes, spec, "/die").catch(() => undefined);
    await seen((event) => event.type === "processExited");
    const second = await ask(processes, spec);
    expect(second).not.toBe(first);
    expect(of("processExited")).toMatchObject([{ pid: first, code: 7, signal: null, expected: false }]);
    expect(processes.status()).toMatchObject([{ state: "ready", restarts: 1 }]);
  });

  it("when it is killed, counts as asked for, and takes its own children along", async () => {
    const spec = target(
      folder,
      server("child.pid", `const child = require("node:child_process").spawn("sleep", ["600"]);`),
    );
    const { processes, of, seen } = rig(stateDir(), [spec]);
    await processes.start();
    const grandchild = (await ask(processes, spec)) as number;
    const { pid } = of("processStarted")[0]!;
    expect(alive(grandchild)).toBe(true);
    expect(processes.kill(pid, "SIGKILL")).toBe(true);
    expect(await seen((event) => event.type === "processExited")).toMatchObject({
      pid,
      signal: "SIGKILL",
      expected: true,
    });
    await until(() => !alive(grandchild));
    expect(processes.kill(pid, "SIGKILL")).toBe(false);
    expect(processes.kill(process.pid, "SIGKILL")).toBe(false);
  });

  it("again and again is started less and less often, and requests are refused meanwhile", async () => {
    const clock = virtualClock(0);
    const flag = join(folder, "crash");
    const spec = target(
      folder,
      server(
        "process.pid",
        `if (require("node:fs").existsSync(${JSON.stringify(flag)})) { console.error("bad config"); process.exit(1); }`,
      ),
    );
    const { processes, of, seen } = rig(stateDir(), [spec], { clock });
    await processes.start();
    writeFileSync(flag, "");
    const { pid } = of("processStarted")[0]!;
    process.kill(pid, "SIGKILL");
    await seen((event) => event.type === "log" && event.line.includes("next start is in 1 s"));
    expect(processes.status()).toMatchObject([
      { state: "crashed", nextTryMs: 1_000, lastFault: expect.stringContaining("bad config") },
    ]);
    expect(await processes.acquire(name(spec))).toEqual({
      kind: "refused",
      status: 503,
      reason: expect.stringMatching(/no instance starts: .*bad config/s),
    });
    await clock.advance(1_000);
    await seen((event) => event.type === "log" && event.line.includes("next start is in 2 s"));
    rmSync(flag);
    await clock.advance(2_000);
    expect(await ask(processes, spec)).toEqual(expect.any(Number));
    expect(processes.status()).toMatchObject([{ state: "ready" }]);
  });
});

describe("concurrency", () => {
  it("gives an instance no more requests than it takes, and queues the others in order", async () => {
    const spec = target(folder, server("1"), { concurrency: 2 });
    const { processes } = rig(stateDir(), [spec]);
    await processes.start();
    const [a, b] = await Promise.all([processes.acquire(name(spec)), processes.acquire(name(spec))]);
    const order: string[] = [];
    const third = processes.acquire(name(spec)).then((acquired) => (order.push("third"), acquired));
    const fourth = processes.acquire(name(spec)).then((acquired) => (order.push("fourth"), acquired));
    expect(processes.status()).toMatchObject([{ queued: 2, instances: [{ inFlight: 2 }] }]);
    for (const acquired of [a, b]) if (acquired.kind === "slot") acquired.slot.release();
    expect([(await third).kind, (await fourth).kind]).toEqual(["slot", "slot"]);
    expect(order).toEqual(["third", "fourth"]);
  });

  it("refuses with 429 who has waited 10 s, when there are as many instances as there may be", async () => {
    const clock = virtualClock(0);
    const spec = target(folder, server("1"), { concurrency: 1, maxInstances: 1 });
    const { processes } = rig(stateDir(), [spec], { clock });
    await processes.start();
    await processes.acquire(name(spec));
    const late = processes.acquire(name(spec));
    await clock.advance(10_000);
    expect(await late).toEqual({ kind: "refused", status: 429, reason: "no instance had room within 10 s" });
  });

  it("lets requests wait where Cloud Run would start another instance", async () => {
    const clock = virtualClock(0);
    const spec = target(folder, server("1"), { concurrency: 1, maxInstances: 5 });
    const { processes } = rig(stateDir(), [spec], { clock });
    await processes.start();
    const first = await processes.acquire(name(spec));
    const waiting = processes.acquire(name(spec));
    await clock.advance(3_600_000);
    if (first.kind === "slot") first.slot.release();
    expect((await waiting).kind).toBe("slot");
  });

  it("spreads over instances, never more than the plan's maximum", async () => {
    const spec = target(folder, server("process.pid"), { concurrency: 1, maxInstances: 2 });
    const { processes } = rig(stateDir(), [spec], { instances: () => 5 });
    await processes.start();
    const acquired = await Promise.all([processes.acquire(name(spec)), processes.acquire(name(spec))]);
    expect(new Set(acquired.map((each) => each.kind === "slot" && each.slot.pid)).size).toBe(2);
    expect(processes.status()[0]!.instances).toHaveLength(2);
  });

  it("forgets whoever has gone while waiting", async () => {
    const spec = target(folder, server("1"), { concurrency: 1 });
    const { processes } = rig(stateDir(), [spec]);
    await processes.start();
    await processes.acquire(name(spec));
    const caller = new AbortController();
    const waiting = processes.acquire(name(spec), caller.signal);
    caller.abort();
    expect(await waiting).toMatchObject({ kind: "refused", status: 503 });
    expect(processes.status()).toMatchObject([{ queued: 0 }]);
  });
});

describe("crash points", () => {
  const source = server(
    "reach(request.url)",
    `const waiting = new Map(); let id = 0;
     process.on("message", (message) => waiting.get(message.id)?.());
     const reach = (key) => process.env.MILLRACE_PROBE !== "1" ? "silent" : new Promise((go) => {
       waiting.set(++id, () => go("went on"));
       process.send({ type: "millrace:point", id, point: "C2", handler: "h", key, messageId: "m" });
     });`,
  );

  it("are handed to the hook, which lets the child go on or kills it", async () => {
    const seen: unknown[] = [];
    const held: (() => void)[] = [];
    const onPoint: PointHook = (child, point, go) => {
      seen.push({ target: child.target, ...point });
      if (point.key === "/kill") running!.processes.kill(child.pid, "SIGKILL");
      else held.push(go);
    };
    const spec = target(folder, source);
    const { processes } = rig(stateDir(), [spec], { onPoint });
    await processes.start();
    const answer = ask(processes, spec, "/go");
    await until(() => held.length === 1);
    held[0]!();
    expect(await answer).toBe("went on");
    expect(seen).toEqual([
      { target: name(spec), type: "millrace:point", id: 1, point: "C2", handler: "h", key: "/go", messageId: "m" },
    ]);
    await expect(ask(processes, spec, "/kill")).rejects.toThrow("fetch failed");
    held[0]!();
  });

  it("are not announced when nobody watches", async () => {
    const spec = target(folder, source);
    const { processes } = rig(stateDir(), [spec]);
    await processes.start();
    expect(await ask(processes, spec)).toBe("silent");
  });
});

describe("a new revision", () => {
  const letGo = join(folder, "let-go");
  /** Answers at once, but what it is asked at `/slow` only when a file is there. */
  const slow = (version: string) =>
    server(
      `new Promise((answer) => {
        const isDue = () => request.url !== "/slow" || require("node:fs").existsSync(${JSON.stringify(letGo)});
        const look = () => (isDue() ? answer([${version}, process.env.K_REVISION]) : setTimeout(look, 10));
        look();
      })`,
    );

  it("takes over once it listens; the old one ends when it has answered", async () => {
    const before = target(folder, slow("1"));
    const { processes, of, seen } = rig(stateDir(), [before]);
    await processes.start();
    const underWay = ask(processes, before, "/slow");
    await until(() => processes.status()[0]!.instances[0]!.inFlight === 1);
    await processes.ensure(target(folder, slow("2")));
    expect(await ask(processes, before)).toEqual([2, "app-00002-loc"]);
    expect(of("processExited")).toEqual([]);
    writeFileSync(letGo, "");
    expect(await underWay).toEqual([1, "app-00001-loc"]);
    await seen(({ type }) => type === "processExited");
    expect(of("processExited")).toMatchObject([{ expected: true }]);
    expect(processes.status()).toHaveLength(1);
    await processes.stop();
  });

  it("gets the requests that waited for room in the old one", async () => {
    const before = target(folder, slow("1"), { concurrency: 1 });
    const { processes } = rig(stateDir(), [before]);
    await processes.start();
    const held = await processes.acquire(name(before));
    const waiting = ask(processes, before);
    await processes.ensure(target(folder, slow("2")));
    expect(await waiting).toEqual([2, "app-00002-loc"]);
    if (held.kind === "slot") held.slot.release();
    await processes.stop();
  });

  it("that does not come up leaves the old one where it was", async () => {
    const before = target(folder, slow("1"));
    const { processes } = rig(stateDir(), [before]);
    await processes.start();
    await expect(processes.ensure(target(folder, "process.exit(3)"))).rejects.toThrow(/^MR4211 /);
    expect(await ask(processes, before)).toEqual([1, "app-00001-loc"]);
    await processes.stop();
  });

  it("is none where only callers or addresses change", async () => {
    const before = target(folder, slow("1"));
    const { processes, of } = rig(stateDir(), [before]);
    await processes.start();
    await processes.ensure({ ...before, invokers: ["allUsers"], audiences: ["a"] });
    expect(of("processStarted")).toHaveLength(1);
    await processes.stop();
  });
});

describe("a target that is taken away", () => {
  it("ends, and is not found any more", async () => {
    const spec = target(folder, server("1"));
    const { processes, of } = rig(stateDir(), []);
    await processes.start();
    await processes.ensure(spec);
    expect(await ask(processes, spec)).toBe(1);
    expect(await processes.remove(name(spec))).toBe(true);
    expect(of("processExited")).toMatchObject([{ expected: true }]);
    expect(await processes.acquire(name(spec))).toMatchObject({ kind: "refused", status: 503 });
    expect(await processes.remove(name(spec))).toBe(false);
  });
});

describe("stopping", () => {
  it("asks with SIGTERM and lets the process finish", async () => {
    const spec = target(folder, server("1", `process.on("SIGTERM", () => { console.log("bye"); process.exit(0); });`));
    const { processes, of } = rig(stateDir(), [spec], { clock: virtualClock(0) });
    await processes.start();
    await processes.stop();
    expect(of("log").map(({ line }) => line)).toContain("bye");
    expect(of("processExited")).toMatchObject([{ code: 0, expected: true }]);
    expect(processes.status()).toMatchObject([{ state: "stopped" }]);
    expect(await processes.acquire(name(spec))).toMatchObject({ kind: "refused", status: 503 });
  });

  it("kills after 10 s of engine time whoever does not go", async () => {
    const clock = virtualClock(0);
    const spec = target(folder, server("1", `process.on("SIGTERM", () => console.log("no"));`));
    const { processes, of, seen } = rig(stateDir(), [spec], { clock });
    await processes.start();
    const stopped = processes.stop();
    await seen((event) => event.type === "log" && event.line === "no");
    await clock.advance(9_999);
    expect(of("processExited")).toEqual([]);
    await clock.advance(1);
    await stopped;
    expect(of("processExited")).toMatchObject([{ signal: "SIGKILL", expected: true }]);
  });

  it("while processes are being made leaves none behind", async () => {
    const spec = target(folder, server("1"), { maxInstances: 3 });
    const state = stateDir();
    const { processes, of } = rig(state, [spec], { instances: () => 3 });
    const starting = processes.start().catch(() => undefined);
    await processes.stop();
    await starting;
    for (const { pid } of of("processExited")) expect(alive(pid)).toBe(false);
    expect(existsSync(join(state, "processes.json"))).toBe(false);
  });
});

describe("when the engine dies", () => {
  /** An engine in a process of its own, killed without a chance to clean up. */
  const engine = (state: string, archive: string) => `
    const { createProcesses } = require("../../../local/engine/processes");
    const { realClock } = require("../../../local/engine/clock");
    const { createEvents } = require("../../../local/engine/events");
    const events = createEvents(() => 0);
    events.on((event) => event.type === "processStarted" && console.log("pid " + event.pid));
    const spec = ${JSON.stringify({ ...target(folder, ""), archive })};
    createProcesses({ targets: [spec], stateDir: ${JSON.stringify(state)}, clock: realClock(), events, standIns: {} }).start();`;

  const killedEngine = async (state: string, source: string) => {
    const spec = target(folder, source, { name: `orphan-${states}` });
    const args = ["-C", "millrace-source", "--require", "tsx/cjs", "-e", engine(state, spec.archive)];
    const child = spawn(process.execPath, args, { cwd: __dirname, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    const pid = await new Promise<number>((resolve) =>
      child.stdout.on("data", (chunk: Buffer) => {
        const told = /pid (\d+)\n/.exec((said += chunk.toString()))?.[1];
        if (told !== undefined) resolve(Number(told));
      }),
    );
    expect(alive(pid)).toBe(true);
    child.kill("SIGKILL");
    return pid;
  };

  it("its children end", async () => {
    const pid = await killedEngine(stateDir(), server("1"));
    await until(() => !alive(pid));
  });

  it("those that could not notice are ended by the next one", async () => {
    const state = stateDir();
    // Asleep once it listens (the system still accepts for it): nothing in its event loop can end it.
    const busy = `require("node:http").createServer().listen(process.env.PORT, () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`;
    const pid = await killedEngine(state, busy);
    expect(alive(pid)).toBe(true);
    const spec = target(folder, server("1"));
    const { processes } = rig(state, [spec]);
    await processes.start();
    await until(() => !alive(pid));
    expect(await ask(processes, spec)).toBe(1);
  });

  it("a pid that meanwhile belongs to somebody else is left alone", async () => {
    const state = stateDir();
    const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const { processes } = rig(state, []);
    writeFileSync(join(state, "processes.json"), JSON.stringify([stranger.pid]));
    await processes.start();
    expect(alive(stranger.pid!)).toBe(true);
    stranger.kill("SIGKILL");
  });
});
