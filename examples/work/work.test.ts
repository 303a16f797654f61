import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { type Engine, type EngineEvent, type EngineOptions, startEngine } from "millrace/local";
import { describeWithTerraform, plan } from "millrace/testing/plan";
import { matchers } from "millrace/testing/jest";
import { PRODUCTS } from "./products";
import { type Mail, sendLater } from "./send-later";
import { WorkStack } from "./stack";

expect.extend(matchers);

/* The stack of this example on the local engine: duplicates, crashes, an engine that ends in the middle. */

const scratch = mkdtempSync(join(tmpdir(), "millrace-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const outDir = join(scratch, "out");
const app = new App({ outdir: outDir });
const stack = new WorkStack(app, "local");
app.synth();

/** An engine, and everything it has seen; processes die where `dies` says so, each place once. */
async function run(dies: readonly string[] = [], more: Partial<EngineOptions> = {}) {
  const events: EngineEvent[] = [];
  const writes: string[] = [];
  const left = new Set(dies);
  const engine: Engine = await startEngine({
    outDir,
    stack: "work-local",
    stateDir: join(scratch, "state"),
    onEvent: (event) => events.push(event),
    ...(dies.length > 0 && {
      onPoint: (child, { handler, point, key }, goOn) =>
        left.delete(`${handler} ${point} ${key}`) || left.delete(`${handler} ${point}`)
          ? void engine.processes.kill(child.pid, "SIGKILL")
          : goOn(),
    }),
    ...more,
  });
  engine.firestore.onWrite(({ name, kind }) => {
    if (kind !== "expire") writes.push(name.split("/documents/")[1]!);
  });
  const written = (collection: string) => writes.filter((path) => path.startsWith(`${collection}/`)).sort();
  return { engine, events, written, left };
}

describe("work that nobody waits for", () => {
  let running: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    running = await run(["report C3", "health C6", "mail C6 mail-3"], { ephemeral: true });
  });
  afterAll(() => running.engine.stop());

  it("runs in full on this machine", () => {
    const { engine } = running;
    expect(engine.warnings).toEqual([]);
    expect(engine.runJobs.jobs().map(({ name }) => name)).toEqual([stack.import.name]);
  });

  it("checks health every five minutes, once each, though a process dies after a commit", async () => {
    const { engine, events, written, left } = running;
    await engine.advance(15 * 60_000);
    expect(await engine.idle()).toBe(true);
    // Four of them when the engine has started just before a fifth minute.
    const ended = events.filter((event) => event.type === "jobEnded" && event.job !== stack.weekly.job.name);
    expect([3, 4]).toContain(ended.length);
    expect(written("checks")).toHaveLength(ended.length);
    expect(new Set(written("checks")).size).toBe(ended.length);
    expect(left.has("health C6")).toBe(false);
  });

  it("reports on Mondays at nine in New York, once, though a process dies before its commit", async () => {
    const { engine, written, left } = running;
    const { nextMs } = engine.scheduler.job(stack.weekly.job.name);
    const there = new Date(nextMs!).toLocaleString("en-US", {
      timeZone: "America/New_York",
      weekday: "long",
      hour: "numeric",
      minute: "2-digit",
    });
    expect(there).toMatch(/^Monday.* 9:00/);
    // Whatever day it is: it runs now, and not again in the hours that follow.
    engine.scheduler.pause(stack.weekly.job.name);
    const ran = engine.scheduler.run(stack.weekly.job.name);
    // The pause before the second attempt is the engine's.
    await engine.advance(600_000);
    await ran;
    expect(await engine.idle()).toBe(true);
    expect(written("reports")).toHaveLength(1);
    expect(left.has("report C3")).toBe(false);
    expect(engine.scheduler.job(stack.weekly.job.name).lastRun).toMatchObject({ ok: true, attempts: 2 });
  });

  it("sends e-mails in five minutes, ten a second, each once; one without a template is kept after five attempts", async () => {
    const { engine, events, written, left } = running;
    const mails = Array.from({ length: 30 }, (_, index): Mail => ({
      id: `mail-${index}`,
      to: "kim@example.com",
      template: index === 7 ? "missing" : "welcome",
    }));
    const begin = engine.clock.now();
    // The last one is asked for twice.
    await sendLater(
      [...mails, mails[29]!],
      () => Math.ceil(begin / 1_000) + 300,
      stack.mails.taskDefaults,
      engine.endpoints.tasks,
    );
    await engine.advance(begin + 200_000 - engine.clock.now());
    expect(written("mails")).toEqual([]);
    await engine.advance(3_600_000);
    expect(await engine.idle()).toBe(true);

    const firsts = events.flatMap((event) =>
      event.type === "taskDispatched" && event.attempt === 1 ? [event.atMs - begin] : [],
    );
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(300_000);
    // A bucket of ten, then ten a second: 31 take two seconds and more.
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeGreaterThanOrEqual(2_000);
    expect(written("mails")).toHaveLength(29);
    expect(new Set(written("mails")).size).toBe(29);
    expect(left.size).toBe(0);
    // No process has found fault with what surrounds it: the queue makes as few attempts as the contract, and the last one parks.
    expect(events.filter((event) => event.type === "log" && /"code":"MR\d/.test(event.line))).toEqual([]);

    const [letters] = engine.pubsub.subscriptions().filter(({ topic }) => topic === stack.mails.deadLetterTopic.name);
    const parked = engine.pubsub.subscription(letters!.name).unacked();
    expect(parked.map(({ attributes }) => attributes["millrace-attempts"])).toEqual(["5"]);
  });

  it("encodes films from instances that pull, each once, though it is published twice", async () => {
    const { engine, written } = running;
    const films = ["metropolis", "m", "nosferatu", "m"];
    engine.pubsub.publish(
      stack.uploads.name,
      films.map((film) => ({ data: Buffer.from(JSON.stringify({ film })), attributes: {} })),
    );
    expect(await engine.idle()).toBe(true);
    expect(written("films")).toEqual(["films/m", "films/metropolis", "films/nosferatu"]);
  });
});

describe("a job of a hundred tasks, ten at a time", () => {
  it("does every item once, though processes are killed and the engine ends in the middle", async () => {
    const until = (events: EngineEvent[], engine: Engine, done: number) =>
      new Promise<void>((resolve) => {
        const off = engine.events.on(() => {
          if (events.filter((event) => event.type === "runTaskEnded" && event.ok).length < done) return;
          off();
          resolve();
        });
      });
    const first = await run();
    const { name } = first.engine.runJobs.run(stack.import.name);
    await until(first.events, first.engine, 20);
    const kill = (event: EngineEvent) =>
      event.type === "processStarted" &&
      event.target.endsWith("-prices") &&
      first.engine.processes.kill(event.pid, "SIGKILL");
    // All may have ended in one instant: then it is the next one that starts.
    if (first.events.filter(kill).length === 0)
      await new Promise<void>((resolve) => {
        const off = first.engine.events.on((event) => kill(event) && resolve(off()));
      });
    await until(first.events, first.engine, 50);
    await first.engine.stop();

    const second = await run();
    try {
      const { state, tasks } = await second.engine.runJobs.ended(name);
      expect([state, tasks.length]).toEqual(["succeeded", 100]);
      expect(tasks.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(0);
      const most = Math.max(...concurrency([...first.events, ...second.events]));
      expect(most).toBe(10);
      const written = [...first.written("prices"), ...second.written("prices")];
      expect(written.sort()).toEqual(PRODUCTS.map((product) => `prices/${product}`).sort());
    } finally {
      await second.engine.stop();
    }
  });
});

/** Tasks that run after each beginning or end of one; an engine that ends takes its own along. */
function concurrency(events: readonly EngineEvent[]): number[] {
  const running = new Set<number>();
  return events.map((event) => {
    if (event.type === "runTaskStarted") running.add(event.index);
    else if (event.type === "runTaskEnded") running.delete(event.index);
    else if (event.type === "processExited" && event.expected && event.signal !== null) running.clear();
    return running.size;
  });
}

describeWithTerraform("the plan of the work", () => {
  it("is accepted by Terraform, and stable", async () => {
    const planned = await plan(
      (() => {
        const fresh = new App();
        new WorkStack(fresh, "dev");
        return fresh;
      })(),
    );
    await expect(planned).toBeStable();
  });
});
