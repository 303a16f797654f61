import { cpSync, existsSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { type Engine, type EngineOptions, startEngine } from "../../../local/engine/engine";
import type { EngineEvent } from "../../../local/engine/events";
import { AGENT, outFolder, pipeline, PROJECT } from "./fixture";
import { broken, lives, recorder, seenIn } from "./handler";

const out = outFolder();
let count = 0;
const running = new Set<Engine>();
afterEach(async () => {
  for (const engine of running) await engine.stop();
  running.clear();
});

const SUBSCRIPTION = `projects/${PROJECT}/subscriptions/charge`;
const TOPIC = `projects/${PROJECT}/topics/orders`;
const PUSH = `push-charge@${PROJECT}.iam.gserviceaccount.com`;

interface Site {
  readonly outDir: string;
  readonly stateDir: string;
  /** Requests the handler has seen. */
  readonly seen: () => ReturnType<typeof seenIn>;
  /** What the handler answers from now on; 200 at first. */
  readonly answer: (status: number) => void;
  readonly start: (options?: Partial<EngineOptions>) => Promise<Engine>;
}

/** A synthesized stack with a folder for state, and what its handler wrote. */
function site(change?: Parameters<typeof pipeline>[0], archive = recorder): Site {
  const outDir = out.write({ app: pipeline(change) }, archive);
  const [stateDir, seenFile, statusFile] = ["state", "seen", "status"].map((name) =>
    join(out.root, `${name}-${count}`),
  );
  count += 1;
  return {
    outDir,
    stateDir: stateDir!,
    seen: () => seenIn(seenFile!),
    answer: (status) => writeFileSync(statusFile!, String(status)),
    async start(options = {}) {
      const environment = () => ({ SEEN: seenFile!, STATUS: statusFile! });
      const engine = await startEngine({ outDir, stateDir: stateDir!, stack: "app", environment, ...options });
      running.add(engine);
      return engine;
    },
  };
}

const charge = (data: string) => [{ data: Buffer.from(data), attributes: { kind: "charge" } }];

describe("an engine", () => {
  it("delivers what is published to the handler of the plan's archive", async () => {
    const { start, seen } = site();
    const events: EngineEvent[] = [];
    const engine = await start({ onEvent: (event) => events.push(event) });
    engine.pubsub.publish(TOPIC, [...charge("hello"), { data: Buffer.from("x"), attributes: { kind: "other" } }]);
    expect(await engine.idle()).toBe(true);

    expect(seen()).toHaveLength(1);
    const [{ url, headers, body, greeting }] = seen() as [ReturnType<typeof seen>[number]];
    expect(url).toBe("/events");
    expect(greeting).toBe("hello");
    const { message, subscription } = JSON.parse(body) as { message: Record<string, string>; subscription: string };
    expect(Buffer.from(message.data!, "base64").toString()).toBe("hello");
    expect(subscription).toBe(SUBSCRIPTION);
    const [, claims, signature] = headers.authorization!.replace("Bearer ", "").split(".");
    expect(signature).toBe("SIGNATURE_REMOVED_BY_GOOGLE");
    expect(JSON.parse(Buffer.from(claims!, "base64url").toString())).toMatchObject({
      iss: engine.endpoints.issuer,
      aud: "charge-audience",
      email: PUSH,
    });
    const types = events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["processStarted", "published", "filtered", "delivered", "acked"]));
  });

  // How soon, `npm run bench -- dev-start` says.
  it("is ready, and says so in endpoints.json until it stops", async () => {
    const { start, stateDir } = site();
    const engine = await start({ timeScale: 2, seed: 7 });
    const file = join(stateDir, "app", "endpoints.json");
    expect(engine.endpointsFile).toBe(file);
    const endpoints = JSON.parse(readFileSync(file, "utf8")) as typeof engine.endpoints;
    expect(endpoints).toEqual(engine.endpoints);
    expect(endpoints).toMatchObject({
      schemaVersion: 1,
      notice: "LOCAL",
      stack: "app",
      pid: process.pid,
      project: PROJECT,
      pubsub: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      seed: "7",
      timeScale: 2,
    });
    const [{ localUrl }] = endpoints.targets as [(typeof endpoints.targets)[number]];
    // Without a token the front door does not open.
    expect((await fetch(localUrl)).status).toBe(403);
    await engine.stop();
    expect(existsSync(file)).toBe(false);
  });

  it("leaves no process and no port behind", async () => {
    const { start, seen } = site();
    const engine = await start();
    engine.pubsub.publish(TOPIC, charge("x"));
    await engine.idle();
    const { pid } = seen()[0]!;
    expect(lives(pid)).toBe(true);
    await engine.stop();
    await engine.stop();
    expect(lives(pid)).toBe(false);
    await expect(fetch(`${engine.endpoints.control}/status`)).rejects.toThrow("fetch failed");
  });

  it("listens on the loopback address alone", async () => {
    const engine = await site().start();
    const port = Number(engine.endpoints.pubsub.split(":")[1]);
    const reached = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port, timeout: 500 });
        const end = (value: boolean) => (socket.destroy(), resolve(value));
        socket
          .once("connect", () => end(true))
          .once("error", () => end(false))
          .once("timeout", () => end(false));
      });
    expect(await reached("127.0.0.1")).toBe(true);
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of others) expect(await reached(address)).toBe(false);
  });

  it("passes the caller's variables over the plan's", async () => {
    const { start, seen } = site();
    const engine = await start();
    await engine.stop();
    const seenFile = join(out.root, "seen-override");
    const other = await start({ environment: ({ name }) => ({ GREETING: `hi ${name}`, SEEN: seenFile }) });
    other.pubsub.publish(TOPIC, charge("x"));
    await other.idle();
    expect(seenIn(seenFile)[0]!.greeting).toBe("hi charge");
    expect(seen()).toEqual([]);
  });
});

describe("an engine that reads its stack again", () => {
  const rewrite = (outDir: string, change: Parameters<typeof pipeline>[0], archive?: Buffer) => {
    const folder = join(outDir, "stacks", "app");
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(pipeline(change)));
    if (archive) writeFileSync(join(folder, "archives", "charge.zip"), archive);
  };

  it("follows it: other settings, other grants, what is new and what is gone", async () => {
    const { start, seen, outDir } = site();
    const engine = await start();
    engine.pubsub.publish(TOPIC, charge("before"));
    await engine.idle();
    rewrite(outDir, (resource) => {
      (resource.google_cloud_run_v2_service!.charge!.template as { containers: unknown[] }).containers = [
        { image: "scratch", env: [{ name: "GREETING", value: "again" }] },
      ];
      resource.google_pubsub_topic!.more = { name: "more" };
      delete resource.google_pubsub_subscription!.kept;
      resource.google_cloud_tasks_queue = { q: { name: "q", location: "europe-west1" } };
    });
    const answer = await fetch(`${engine.endpoints.control}/reload`, { method: "POST" });
    const kept = `projects/${PROJECT}/subscriptions/orders-dead-kept`;
    expect(await answer.json()).toEqual({ replaced: [], removed: [kept] });
    engine.pubsub.publish(TOPIC, charge("after"));
    await engine.idle();
    expect(seen().map(({ greeting }) => greeting)).toEqual(["hello", "again"]);
    expect(engine.pubsub.topics().map(({ name }) => name)).toContain(`projects/${PROJECT}/topics/more`);
    expect(engine.tasks.queues()).toHaveLength(1);

    rewrite(outDir, (resource) => {
      for (const type of Object.keys(resource)) if (type !== "google_pubsub_topic") delete resource[type];
    });
    await engine.reload();
    expect(engine.endpoints.targets).toEqual([]);
    expect(engine.processes.status()).toEqual([]);
    expect(engine.tasks.queues()).toEqual([]);
    const { pid } = seen().at(-1)!;
    expect(lives(pid)).toBe(false);
  });

  it("starts other code under the same name", async () => {
    const { start, outDir } = site();
    const engine = await start();
    rewrite(outDir, () => {}, broken);
    const answer = await fetch(`${engine.endpoints.control}/reload`, { method: "POST" });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ issues: [{ code: "MR4211" }] });
    expect(engine.processes.status()).toMatchObject([{ state: "ready" }]);
  });

  it("goes on with what it had when the stack is wrong", async () => {
    const { start, seen, outDir } = site();
    const engine = await start();
    writeFileSync(join(outDir, "stacks", "app", "cdk.tf.json"), "{");
    await expect(engine.reload()).rejects.toThrow(/^MR4003 /);
    engine.pubsub.publish(TOPIC, charge("x"));
    await engine.idle();
    expect(seen()).toHaveLength(1);
  });
});

describe("the engine's own API", () => {
  it("tells status, waits for idleness and streams events", async () => {
    const { start } = site();
    const engine = await start();
    const { control } = engine.endpoints;
    const status = (await (await fetch(`${control}/status`)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({
      stack: "app",
      targets: [{ state: "ready" }],
      subscriptions: expect.arrayContaining([{ name: SUBSCRIPTION, unacked: 0, outstanding: 0, oldestUnackedMs: 0 }]),
    });
    const abort = new AbortController();
    const stream = await fetch(`${control}/events`, { signal: abort.signal });
    expect(stream.headers.get("content-type")).toBe("application/x-ndjson");
    engine.pubsub.publish(TOPIC, charge("x"));
    expect(await (await fetch(`${control}/idle?timeoutMs=10000`)).json()).toEqual({ idle: true });
    let text = "";
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"acked"')) break;
    }
    abort.abort();
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as EngineEvent).type),
    ).toEqual(expect.arrayContaining(["published", "delivered", "acked"]));
  });

  it("reports that it is not idle when the time is up", async () => {
    const { start, answer } = site();
    answer(500);
    const engine = await start();
    engine.pubsub.publish(TOPIC, charge("x"));
    expect(await (await fetch(`${engine.endpoints.control}/idle?timeoutMs=100`)).json()).toEqual({ idle: false });
  });

  it("refuses web pages, other methods and unknown paths", async () => {
    const { endpoints } = await site().start();
    const status = async (path: string, init?: RequestInit) =>
      (await fetch(`${endpoints.control}${path}`, init)).status;
    expect(await status("/status", { headers: { origin: "https://evil.example" } })).toBe(403);
    expect(await status("/status", { method: "POST" })).toBe(501);
    expect(await status("/nope")).toBe(404);
    expect(await status("/idle?timeoutMs=-1")).toBe(400);
    expect((await fetch(`http://${endpoints.pubsub}/nowhere`)).status).toBe(404);
  });

  it("serves Firestore's documents of the plan's databases on the same port", async () => {
    const { endpoints } = await site().start();
    const read = (database: string) =>
      fetch(`http://${endpoints.firestore}/v1/projects/${PROJECT}/databases/${database}/documents/a/b`);
    expect(((await (await read("records")).json()) as { error: { message: string } }).error.message).toContain("a/b");
    expect(((await (await read("other")).json()) as { error: { message: string } }).error.message).toContain(
      "not in the plan",
    );
  });

  it("takes messages over Pub/Sub's REST surface", async () => {
    const { start, seen } = site();
    const engine = await start();
    const url = `http://${engine.endpoints.pubsub}/v1/${TOPIC}:publish`;
    const message = { data: Buffer.from("rest").toString("base64"), attributes: { kind: "charge" } };
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ messages: [message] }) });
    expect(response.status).toBe(200);
    await engine.idle();
    expect(seen()).toHaveLength(1);
  });
});

describe("an engine's state", () => {
  const unacked = (engine: Engine) => engine.pubsub.stats(SUBSCRIPTION).unacked;

  it("outlives a stop: what was not handled is delivered by the next engine", async () => {
    const { start, answer, seen } = site();
    answer(500);
    const first = await start();
    first.pubsub.publish(TOPIC, charge("later"));
    await first.idle(100);
    await first.stop();
    answer(200);
    const second = await start();
    expect(await second.idle()).toBe(true);
    const bodies = seen().map(({ body }) => (JSON.parse(body) as { message: { data: string } }).message.data);
    expect(new Set(bodies)).toEqual(new Set([Buffer.from("later").toString("base64")]));
    await second.stop();
    const third = await start();
    expect(unacked(third)).toBe(0);
  });

  it("survives a crash in the middle of a write", async () => {
    const { start, answer, stateDir } = site();
    answer(500);
    const first = await start();
    first.pubsub.publish(TOPIC, charge("kept"));
    await first.stop();
    const file = join(stateDir, "app", "journal.ndjson");
    const torn = '00000000 [1,"pub';
    writeFileSync(file, readFileSync(file, "utf8") + torn);
    const second = await start();
    expect(second.restored.droppedBytes).toBe(torn.length);
    expect(unacked(second)).toBe(1);
  });

  it("is not used and not touched by an ephemeral engine", async () => {
    const { start, answer } = site();
    answer(500);
    const kept = await start();
    kept.pubsub.publish(TOPIC, charge("kept"));
    await kept.stop();
    const ephemeral = await start({ ephemeral: true });
    expect(unacked(ephemeral)).toBe(0);
    await ephemeral.stop();
    expect(unacked(await start())).toBe(1);
  });

  it("is refused when the journal is damaged, and the lock is free afterwards", async () => {
    const { start, stateDir } = site();
    const first = await start();
    first.pubsub.publish(TOPIC, charge("x"));
    await first.stop();
    const file = join(stateDir, "app", "journal.ndjson");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("orders", "orderz"));
    await expect(start()).rejects.toThrow(/MR4104 .*journal\.ndjson:\d+/);
    writeFileSync(file, text);
    await start();
  });

  it("loses a subscription's backlog with its filter, and says so", async () => {
    const { start, answer, outDir } = site();
    answer(500);
    const first = await start();
    first.pubsub.publish(TOPIC, charge("x"));
    await first.stop();
    const json = pipeline((resource) => void (resource.google_pubsub_subscription!.charge!.filter = "attributes:kind"));
    writeFileSync(join(outDir, "stacks", "app", "cdk.tf.json"), JSON.stringify(json));
    const second = await start();
    expect(second.restored.replaced).toEqual([SUBSCRIPTION]);
    expect(unacked(second)).toBe(0);
  });

  it("goes on in engine time where it ended", async () => {
    const { start } = site();
    const first = await start({ timeScale: 1_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    first.pubsub.publish(TOPIC, charge("x"));
    const end = first.clock.now();
    await first.stop();
    const second = await start();
    expect(second.clock.now()).toBeGreaterThanOrEqual(end);
  });
});

describe("what keeps an engine from starting", () => {
  /** The message of a start that fails; the state must be free then. */
  async function refused({ start, stateDir }: Site, options?: Partial<EngineOptions>): Promise<string> {
    const message = await start(options).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(existsSync(join(stateDir, "app", "engine.lock"))).toBe(false);
    expect(existsSync(join(stateDir, "app", "endpoints.json"))).toBe(false);
    return message;
  }

  it("is an engine that runs the stack already; it goes on", async () => {
    const { start, seen } = site();
    const first = await start();
    await expect(start()).rejects.toThrow(`MR4101 app: an engine already runs this stack, as process ${process.pid}`);
    first.pubsub.publish(TOPIC, charge("x"));
    await first.idle();
    expect(seen()).toHaveLength(1);
  });

  it("is a port that another program has", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await refused(site(), { port })).toContain(`MR4102 127.0.0.1:${port}: another program listens on this port`);
    server.close();
  });

  it("is a port that the engine of another stack has, which is named", async () => {
    const { outDir, stateDir, start } = site();
    const first = await start();
    const port = Number(first.endpoints.pubsub.split(":")[1]);
    cpSync(join(outDir, "stacks", "app"), join(outDir, "stacks", "other"), { recursive: true });
    const second = startEngine({ outDir, stateDir, stack: "other", port });
    await expect(second).rejects.toThrow(`the engine of app, process ${process.pid}, listens on this port`);
  });

  it("is a handler that ends before it listens, whose last words are in the message", async () => {
    const message = await refused(site(undefined, broken));
    expect(message).toMatch(/^MR4211 /);
    expect(message).toContain("cannot find the ledger");
  });

  it("is an archive that is not there", async () => {
    const here = site();
    rmSync(join(here.outDir, "stacks", "app", "archives", "charge.zip"));
    expect(await refused(here)).toMatch(/^MR4018 app\/google_storage_bucket_object\.charge: /);
  });

  it("is an archive that is cut off", async () => {
    const here = site();
    const file = join(here.outDir, "stacks", "app", "archives", "charge.zip");
    truncateSync(file, Math.floor(statSync(file).size / 2));
    expect(await refused(here)).toMatch(/^MR42\d\d /);
  });

  it("is a filter that Pub/Sub would refuse", async () => {
    const bad = site((resource) => void (resource.google_pubsub_subscription!.charge!.filter = "kind = charge"));
    expect(await refused(bad)).toMatch(/^MR4103 app\/google_pubsub_subscription\.charge: Invalid filter/);
  });
});

describe("dead-lettering in an engine", () => {
  it("needs the grants of the plan, and its absence was said at the start", async () => {
    const policy = { dead_letter_topic: "${google_pubsub_topic.dead.id}", max_delivery_attempts: 5 };
    const quick = (resource: Record<string, Record<string, Record<string, unknown>>>) =>
      Object.assign(resource.google_pubsub_subscription!.charge!, {
        dead_letter_policy: policy,
        retry_policy: undefined,
      });
    const granted = site(quick);
    granted.answer(500);
    const engine = await granted.start();
    engine.pubsub.publish(TOPIC, charge("poison"));
    await engine.advance(600_000);
    expect(engine.pubsub.stats(`projects/${PROJECT}/subscriptions/orders-dead-kept`).unacked).toBe(1);

    const without = site((resource) => {
      quick(resource);
      delete resource.google_pubsub_topic_iam_member;
      resource.google_project_iam_member = { number: { project: PROJECT, role: "roles/viewer", member: AGENT } };
    });
    without.answer(500);
    const other = await without.start();
    expect(other.warnings.map(({ code }) => code)).toEqual(["MR4026"]);
    const attempts: number[] = [];
    other.events.on((event) => event.type === "delivered" && attempts.push(event.attempt));
    other.pubsub.publish(TOPIC, charge("poison"));
    await other.advance(60_000);
    expect(attempts.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
