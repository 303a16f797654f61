import { z } from "zod";
import { defineContract } from "../contract";
import { DEADLINE_MARGIN_MS } from "../contract/contract";
import { ENV, REMOVED_SIGNATURE } from "../contract/environment";
import { bundled, microseconds } from "./in-process";
import { type Bench, table } from "./measure";

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

const { createCore, createLog, decode, defineHandler } = bundled(`
  export { createCore } from "./runtime/core";
  export { createLog } from "./runtime/log";
  export { decode } from "./runtime/decode/decode";
  export { defineHandler } from "./runtime/handler";`) as Pick<typeof import("../runtime/core"), "createCore"> &
  Pick<typeof import("../runtime/log"), "createLog"> &
  Pick<typeof import("../runtime/decode/decode"), "decode"> &
  Pick<typeof import("../runtime/handler"), "defineHandler">;

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

const bench: Bench = async () => {
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

  const log = createLog(() => {}, { handler: "orders" });
  const line = ({ length }: Buffer) =>
    log.info("done", { outcome: "done", messageId: "17", source: "projects/p/subscriptions/s", attempt: 1, length });
  // Each message, and in the same round its duplicate.
  let batch: readonly Buffer[] = [];
  const cost = await microseconds(ROUNDS, {
    whole: { batch: () => (batch = bodies()), work: whole },
    bare: { batch: bodies, work: bare },
    parsing: { batch: bodies, work: parsing },
    decoding: { batch: bodies, work: decoding },
    "log line": { batch: bodies, work: line },
  });
  const { duplicate } = await microseconds(1, { duplicate: { batch: () => batch, work: whole } });
  // The warning at the start, that records are kept in memory, comes on top.
  if (lines !== (ROUNDS + 1) * MESSAGES + 1) throw new Error(`${lines} lines were logged`);
  console.log(
    table(
      ["µs CPU", "work"],
      Object.entries({ ...cost, duplicate }).map(([name, value]) => [value.toFixed(1), name]),
    ),
  );
  return [
    { what: "T10: whole message", value: cost.whole, unit: "µs" },
    {
      what: "whole message beside parsing and zod alone",
      value: cost.whole / cost.bare,
      unit: "×",
      atMost: MOST_TIMES,
    },
    { what: "decoding above JSON.parse", value: cost.decoding - cost.parsing, unit: "µs" },
    { what: "T8: log line", value: cost["log line"], unit: "µs" },
  ];
};

export default bench;
