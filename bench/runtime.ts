import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { z } from "zod";
import { defineContract } from "../contract";
import { DEADLINE_MARGIN_MS } from "../contract/contract";
import { ENV, REMOVED_SIGNATURE } from "../contract/environment";
import { type Bench, median, table } from "./measure";

/*
 * CPU of the library for one whole message with the memory store: token, decoding, validation, claim, completion, log
 * line. Beside it, in the same run, what any handler must do: parse envelope and payload and validate with zod.
 */
const ROUNDS = 7;
const MESSAGES = 4_000;
/** Of the whole message beside parsing and zod alone: a ratio, since microseconds depend on who else is at work. */
const MOST_TIMES = 25;

const Order = z.object({ id: z.string(), cents: z.number(), customer: z.string() });
const orders = defineContract({
  name: "orders",
  input: Order,
  key: (order) => order.id,
  effects: "at-least-once",
  store: "memory",
});

const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = { aud: "a", email: "e", email_verified: true, exp: Math.floor(Date.now() / 1_000) + 36_000 };
const headers = {
  "content-type": "application/json",
  authorization: `Bearer ${segment({ alg: "RS256" })}.${segment(claims)}.${REMOVED_SIGNATURE}`,
};

const root = resolve(__dirname, "..");

/** The parts of the runtime as a deployed handler has them: one file, without what a loader adds for debugging. */
function load(folder: string) {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        export { createCore } from "./runtime/core";
        export { decode } from "./runtime/decode/decode";
        export { defineHandler } from "./runtime/handler";`,
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
  return require(file) as Pick<typeof import("../runtime/core"), "createCore"> &
    Pick<typeof import("../runtime/decode/decode"), "decode"> &
    Pick<typeof import("../runtime/handler"), "defineHandler">;
}

let sent = 0;
const nextBody = () => {
  const order = { id: `order-${sent++}`, cents: 900, customer: "somebody" };
  const message = {
    data: Buffer.from(JSON.stringify(order)).toString("base64"),
    messageId: String(sent),
    attributes: { a: "b" },
  };
  return Buffer.from(JSON.stringify({ message, subscription: "projects/p/subscriptions/orders" }));
};
const bodies = () => Array.from({ length: MESSAGES }, nextBody);

/** User and system CPU of this process, microseconds a message. */
async function microseconds(batch: readonly Buffer[], work: (body: Buffer) => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (const body of batch) await work(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / batch.length;
}

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/runtime-"));
  const { createCore, decode, defineHandler } = load(folder);
  rmSync(folder, { recursive: true });
  let lines = 0;
  const core = createCore(
    defineHandler(orders, () => undefined),
    {
      env: {
        [ENV.contractHash]: orders.hash,
        [ENV.deadlineMs]: String(orders.manifest.timeLimitMs + DEADLINE_MARGIN_MS),
        [ENV.audience]: "a",
        [ENV.callers]: "e",
        [ENV.store]: "memory",
        [ENV.deadLetterTopic]: "projects/p/topics/dead",
        K_SERVICE: "orders",
      },
      write: () => void lines++,
    },
  );
  const whole = (body: Buffer) => core.handle({ method: "POST", path: "/", headers, body: async () => body });
  const bare = (body: Buffer) => {
    const { message } = JSON.parse(body.toString()) as { message: { data: string } };
    return Order.safeParse(JSON.parse(Buffer.from(message.data, "base64").toString()));
  };
  const parsing = (body: Buffer) => JSON.parse(body.toString()) as unknown;
  const decoding = (body: Buffer) => decode(headers, body);

  const results = {
    whole: [] as number[],
    duplicate: [] as number[],
    bare: [] as number[],
    parsing: [] as number[],
    decoding: [] as number[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    const batch = bodies();
    results.bare.push(await microseconds(batch, bare));
    results.parsing.push(await microseconds(batch, parsing));
    results.decoding.push(await microseconds(batch, decoding));
    results.whole.push(await microseconds(batch, whole));
    results.duplicate.push(await microseconds(batch, whole));
  }
  // Each message and its duplicate, and the warning at the start that records are kept in memory.
  if (lines !== 2 * ROUNDS * MESSAGES + 1) throw new Error(`${lines} lines were logged`);

  const middle = (values: readonly number[]) => median(values);
  console.log(
    table(
      ["µs CPU", "work"],
      Object.entries(results).map(([name, values]) => [middle(values).toFixed(1), name]),
    ),
  );
  return [
    { what: "whole message, µs CPU", value: middle(results.whole), unit: "µs" },
    {
      what: "whole message beside parsing and zod alone",
      value: middle(results.whole) / middle(results.bare),
      unit: "×",
      atMost: MOST_TIMES,
    },
    {
      what: "decoding above JSON.parse, µs CPU",
      value: middle(results.decoding) - middle(results.parsing),
      unit: "µs",
    },
  ];
};

export default bench;
