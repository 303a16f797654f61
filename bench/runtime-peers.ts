import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { BasePersistenceLayer } from "@aws-lambda-powertools/idempotency/persistence";
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  makeIdempotent,
} from "@aws-lambda-powertools/idempotency";
import { HTTP } from "cloudevents";
import { buildSync } from "esbuild";
import { OAuth2Client } from "google-auth-library";
import { z } from "zod";
import { defineContract } from "../contract";
import { type Bench, median, ratio, rounds, type Run, table, timeNode } from "./measure";

/*
 * The parts of the runtime beside what others use for the same: median CPU, in one process and one run, every other
 * round in the other order. Loading is measured in processes of its own.
 */
const ROUNDS = 7;
const CALLS = 3_000;
const root = resolve(__dirname, "..");

type Task = (i: number) => unknown;

/** The runtime as a deployed handler has it: one file, without what a loader adds for debugging. */
function load(folder: string) {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        export { deliver } from "./runtime/deliver";
        export { decode } from "./runtime/decode/decode";
        export { defineHandler } from "./runtime/handler";
        export { createShutdown } from "./runtime/shutdown";
        export { memoryStore } from "./runtime/store/memory";
        export { createLog } from "./runtime/log";
        export { realClock } from "./runtime/clock";
        export { selfDoor } from "./runtime/auth/self";
        export { jsonWebKeys } from "./runtime/auth/keys";`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
  });
  const file = join(folder, "runtime.js");
  writeFileSync(file, outputFiles[0]!.text);
  return require(file) as Pick<typeof import("../runtime/deliver"), "deliver"> &
    Pick<typeof import("../runtime/decode/decode"), "decode"> &
    Pick<typeof import("../runtime/handler"), "defineHandler"> &
    Pick<typeof import("../runtime/shutdown"), "createShutdown"> &
    Pick<typeof import("../runtime/store/memory"), "memoryStore"> &
    Pick<typeof import("../runtime/log"), "createLog"> &
    Pick<typeof import("../runtime/clock"), "realClock"> &
    Pick<typeof import("../runtime/auth/self"), "selfDoor"> &
    Pick<typeof import("../runtime/auth/keys"), "jsonWebKeys">;
}

/** User and system CPU of this process, microseconds a call. */
async function microseconds(work: Task, from: number, calls: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = from; i < from + calls; i++) await work(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Medians of each task, and of the quotients of one round. */
async function compare<Name extends string>(tasks: Readonly<Record<Name, Task>>, calls = CALLS) {
  const names = Object.keys(tasks) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as unknown as Record<Name, number[]>;
  for (const name of names) await microseconds(tasks[name], 0, Math.min(calls, 500));
  for (let round = 1; round <= ROUNDS; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed())
      taken[name].push(await microseconds(tasks[name], round * calls, calls));
  const of = (name: Name) => median(taken[name]);
  const quotient = (a: Name, b: Name) => median(taken[a].map((value, i) => value / taken[b][i]!));
  return { of, quotient };
}

/** Powertools' own conditions of its DynamoDB layer, in memory. */
class MemoryLayer extends BasePersistenceLayer {
  private readonly records = new Map<string, Parameters<BasePersistenceLayer["_putRecord"]>[0]>();
  override async _getRecord(key: string) {
    return this.records.get(key)!;
  }
  override async _putRecord(record: Parameters<BasePersistenceLayer["_putRecord"]>[0]) {
    const known = this.records.get(record.idempotencyKey);
    if (known && known.getStatus() !== "EXPIRED") throw new IdempotencyItemAlreadyExistsError("exists", known);
    this.records.set(record.idempotencyKey, record);
  }
  override async _updateRecord(record: Parameters<BasePersistenceLayer["_putRecord"]>[0]) {
    this.records.set(record.idempotencyKey, record);
  }
  override async _deleteRecord(record: Parameters<BasePersistenceLayer["_putRecord"]>[0]) {
    this.records.delete(record.idempotencyKey);
  }
}

const Order = z.object({ id: z.string(), cents: z.number(), customer: z.string() });
const orderOf = (i: number, mark: string) => ({ id: `${mark}-${i}`, cents: 900, customer: "somebody" });
/** A schema that says yes: the other side validates nothing. */
const anything = {
  "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => ({ value: value as { id: string } }) },
} as const;

async function wrapper(runtime: ReturnType<typeof load>) {
  const spec = {
    name: "orders",
    input: anything,
    key: (order: { id: string }) => order.id,
    effects: "at-least-once",
    store: "memory",
  } as const;
  const shutdown = runtime.createShutdown();
  const clock = runtime.realClock();
  const ours = (contract: ReturnType<typeof defineContract<typeof anything, "at-least-once">>, mark: string): Task => {
    const shared = {
      handler: runtime.defineHandler(contract, () => undefined),
      store: runtime.memoryStore({ clock }),
      publisher: { publish: async () => {} },
      clock,
      log: runtime.createLog(() => {}),
      probe: () => {},
      deadlineMs: 65_000,
      deadLetterTopic: "projects/p/topics/dead",
    };
    const data = Buffer.alloc(0);
    return (i) => {
      const order = orderOf(i, mark);
      const incoming = { data, payload: () => order, meta: { id: order.id, attributes: {} } };
      return runtime.deliver(incoming, clock.now(), shutdown, shared);
    };
  };
  const theirs = (config: IdempotencyConfig, mark: string): Task => {
    const context = { getRemainingTimeInMillis: () => 60_000 };
    config.registerLambdaContext(context);
    const run = makeIdempotent(async (_order: object) => undefined, {
      persistenceStore: new MemoryLayer(),
      config,
      keyPrefix: mark,
    });
    return (i) => run(orderOf(i, mark));
  };
  const { of, quotient } = await compare({
    key: ours(defineContract(spec), "k"),
    hash: ours(defineContract({ ...spec, fingerprint: (order) => order }), "h"),
    theirKey: theirs(new IdempotencyConfig({ eventKeyJmesPath: "id" }), "tk"),
    theirHash: theirs(new IdempotencyConfig({}), "th"),
  });
  return [
    { what: "T1 idempotent call with a key, CPU", value: of("key"), unit: "µs" as const },
    { what: "T1 the same with a fingerprint, CPU", value: of("hash"), unit: "µs" as const },
    { what: "Powertools for AWS Lambda with a key, CPU", value: of("theirKey"), unit: "µs" as const },
    { what: "Powertools with a hash of the payload, CPU", value: of("theirHash"), unit: "µs" as const },
    { what: "T1 with a key beside Powertools", value: quotient("key", "theirKey"), unit: "×" as const },
    { what: "T1 with a fingerprint beside Powertools' hash", value: quotient("hash", "theirHash"), unit: "×" as const },
  ];
}

async function decoding(runtime: ReturnType<typeof load>) {
  const data = JSON.stringify({ id: "7", cents: 900, customer: "somebody" });
  const binary = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/b",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-time": "2023-11-14T22:13:20Z",
  };
  const structured = { "content-type": "application/cloudevents+json" };
  const event = JSON.stringify({
    specversion: "1.0",
    id: "1",
    source: "//storage",
    type: "t",
    time: "2023-11-14T22:13:20Z",
    datacontenttype: "application/json",
    data: JSON.parse(data) as object,
  });
  const ours = (headers: Record<string, string>, text: string): Task => {
    const body = Buffer.from(text);
    return () => {
      const decoded = runtime.decode(headers, body);
      return decoded.ok && decoded.incoming.payload();
    };
  };
  const theirs =
    (headers: Record<string, string>, body: string): Task =>
    () =>
      HTTP.toEvent({ headers, body });
  const parsed = Buffer.from(data);
  const wrapped = JSON.stringify({
    message: { messageId: "1", data: parsed.toString("base64"), attributes: { a: "b" } },
  });
  const { of, quotient } = await compare({
    parse: () => JSON.parse(parsed.toString()) as unknown,
    wrapped: ours({ "content-type": "application/json" }, wrapped),
    binary: ours(binary, data),
    structured: ours(structured, event),
    theirBinary: theirs(binary, data),
    theirStructured: theirs(structured, event),
  });
  return [
    {
      what: "T2 wrapped push above JSON.parse of its payload, CPU",
      value: of("wrapped") - of("parse"),
      unit: "µs" as const,
    },
    { what: "T2 binary CloudEvent above JSON.parse, CPU", value: of("binary") - of("parse"), unit: "µs" as const },
    {
      what: "T2 structured CloudEvent above JSON.parse, CPU",
      value: of("structured") - of("parse"),
      unit: "µs" as const,
    },
    {
      what: "T2 binary CloudEvent beside the cloudevents SDK",
      value: quotient("binary", "theirBinary"),
      unit: "×" as const,
    },
    {
      what: "T2 structured CloudEvent beside the cloudevents SDK",
      value: quotient("structured", "theirStructured"),
      unit: "×" as const,
    },
  ];
}

async function tokens(runtime: ReturnType<typeof load>) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const issuer = "https://accounts.google.com";
  const now = Math.floor(Date.now() / 1_000);
  const token = (i: number) => {
    const claims = {
      iss: issuer,
      aud: "a",
      email: "e",
      email_verified: true,
      iat: now,
      exp: now + 3_600,
      sub: String(i),
    };
    const signed = `${encode({ alg: "RS256", kid: "k" })}.${encode(claims)}`;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(privateKey, "base64url")}`;
  };
  const calls = 200;
  const all = Array.from({ length: calls * (ROUNDS + 1) }, (_, i) => token(i));
  const clock = runtime.realClock();
  const keys = runtime.jsonWebKeys({
    url: "https://keys.test",
    clock,
    fetch: async () => Response.json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k" }] }),
  });
  const door = () => runtime.selfDoor({ audiences: ["a"], callers: ["e"], clock, issuers: [issuer], keys });
  const fresh = door();
  const warm = door();
  const client = new OAuth2Client();
  const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
  const { of, quotient } = await compare(
    {
      warm: () => warm({ authorization: `Bearer ${all[0]!}` }),
      fresh: (i) => fresh({ authorization: `Bearer ${all[i]!}` }),
      theirs: (i) => client.verifySignedJwtWithCertsAsync(all[i]!, { k: pem }, "a", [issuer]),
    },
    calls,
  );
  return [
    { what: "T4 token that was seen before, CPU", value: of("warm"), unit: "µs" as const },
    { what: "T4 new token, CPU", value: of("fresh"), unit: "µs" as const },
    { what: "google-auth-library, CPU", value: of("theirs"), unit: "µs" as const },
    { what: "T4 new token beside google-auth-library", value: quotient("fresh", "theirs"), unit: "×" as const },
  ];
}

async function lines(runtime: ReturnType<typeof load>) {
  const log = runtime.createLog(() => {}, { handler: "orders" });
  const text = JSON.stringify(orderOf(1, "x"));
  const event = JSON.parse(text) as object;
  const { of, quotient } = await compare({
    log: (i) => log.info("done", { outcome: "done", messageId: i, source: "s", attempt: 1, tookMs: 3 }),
    zod: () => Order.safeParse(event),
    standard: () => Order["~standard"].validate(event),
  });
  return [
    { what: "T7 validation by Standard Schema beside raw zod", value: quotient("standard", "zod"), unit: "×" as const },
    { what: "T8 log line, CPU", value: of("log"), unit: "µs" as const },
  ];
}

/** What a process spends on loading one bundled file, above an empty one. */
function loading(folder: string) {
  const bundle = (name: string, contents: string) => {
    const { outputFiles } = buildSync({
      stdin: { contents, resolveDir: root, loader: "ts" },
      bundle: true,
      write: false,
      minify: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      conditions: ["millrace-source"],
      logLevel: "silent",
    });
    const file = join(folder, `${name}.js`);
    writeFileSync(file, outputFiles[0]!.text);
    return { file, kb: outputFiles[0]!.contents.length / 1_000 };
  };
  const files = {
    empty: bundle("empty", ""),
    core: bundle("core", `import { serve } from "millrace/runtime"; globalThis.used = serve;`),
    store: bundle(
      "store",
      `import { firestoreStore } from "millrace/runtime/firestore"; globalThis.used = firestoreStore;`,
    ),
    publisher: bundle(
      "publisher",
      `import { eventPublisher } from "millrace/runtime/publish"; globalThis.used = eventPublisher;`,
    ),
    firestore: bundle("firestore", `import { Firestore } from "@google-cloud/firestore"; globalThis.used = Firestore;`),
    pubsub: bundle("pubsub", `import { PubSub } from "@google-cloud/pubsub"; globalThis.used = PubSub;`),
  };
  const start = (name: keyof typeof files) => () => timeNode([files[name].file], folder);
  const runs = rounds(9, {
    empty: start("empty"),
    core: start("core"),
    store: start("store"),
    publisher: start("publisher"),
    firestore: start("firestore"),
    pubsub: start("pubsub"),
  });
  const above = (name: Exclude<keyof typeof files, "empty">): number =>
    median(runs[name].map(({ userMs }, i) => userMs - runs.empty[i]!.userMs));
  const user = (run: Run) => run.userMs;
  return [
    { what: "T5 core, minified", value: files.core.kb, unit: "KB" as const },
    { what: "T5 core, loading, user CPU", value: above("core"), unit: "ms" as const },
    { what: "T6 Firestore store, minified", value: files.store.kb, unit: "KB" as const, atMost: 30 },
    { what: "T6 Firestore store, loading, user CPU", value: above("store"), unit: "ms" as const },
    { what: "T6 publisher, minified", value: files.publisher.kb, unit: "KB" as const, atMost: 30 },
    { what: "T6 publisher, loading, user CPU", value: above("publisher"), unit: "ms" as const },
    { what: "@google-cloud/firestore, minified", value: files.firestore.kb, unit: "KB" as const },
    { what: "@google-cloud/firestore, loading, user CPU", value: above("firestore"), unit: "ms" as const },
    { what: "@google-cloud/pubsub, minified", value: files.pubsub.kb, unit: "KB" as const },
    { what: "@google-cloud/pubsub, loading, user CPU", value: above("pubsub"), unit: "ms" as const },
    {
      what: "process with the store beside one with Google's",
      value: ratio(runs.store, runs.firestore, user),
      unit: "×" as const,
    },
  ];
}

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/peers-"));
  try {
    const runtime = load(folder);
    const measures = [
      ...(await wrapper(runtime)),
      ...(await decoding(runtime)),
      ...(await tokens(runtime)),
      ...(await lines(runtime)),
      ...loading(folder),
    ];
    console.log(
      table(
        ["value", "", "what"],
        measures.map(({ what, value, unit }) => [value.toPrecision(3), unit, what]),
      ),
    );
    return measures;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export default bench;
