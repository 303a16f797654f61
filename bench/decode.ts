import { HTTP } from "cloudevents";
import * as z from "zod";
import { bundled, microseconds } from "./in-process";
import { type Bench, table } from "./measure";

/*
 * CPU of understanding a delivery, in each of its shapes, above the JSON.parse that nobody can spare. Beside it the
 * CloudEvents SDK, which knows two of the shapes. And of the payload's way through envelope and schema, beside the
 * schema alone.
 */
const ROUNDS = 9;
const EVENTS = 4_000;

const Order = z.object({ id: z.string(), cents: z.number(), customer: z.string() });
const Envelope = z.object({
  message: z.object({ data: z.string(), messageId: z.string(), attributes: z.record(z.string(), z.string()) }),
  subscription: z.string(),
});

let sent = 0;
const payload = () => JSON.stringify({ id: `order-${sent++}`, cents: 900, customer: "somebody" });
const times =
  <T>(make: () => T) =>
  () =>
    Array.from({ length: EVENTS }, make);

interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const json = { "content-type": "application/json" };
const binary = () => ({
  ...json,
  "ce-id": String(++sent),
  "ce-source": "//pubsub.googleapis.com/projects/p/topics/orders",
  "ce-specversion": "1.0",
  "ce-type": "com.example.order.placed",
  "ce-time": "2026-11-29T00:00:00Z",
});

/** One delivery of an order in each shape. */
const SHAPES = {
  "push, wrapped": (): Delivery => {
    const data = Buffer.from(payload()).toString("base64");
    const message = { data, messageId: String(sent), attributes: { kind: "order" } };
    return {
      headers: json,
      body: Buffer.from(JSON.stringify({ message, subscription: "projects/p/subscriptions/s" })),
    };
  },
  "push, unwrapped": (): Delivery => ({
    headers: {
      ...json,
      "x-goog-pubsub-message-id": String(++sent),
      "x-goog-pubsub-subscription-name": "projects/p/subscriptions/s",
      "x-goog-pubsub-publish-time": "2026-11-29T00:00:00Z",
    },
    body: Buffer.from(payload()),
  }),
  "cloudevent, binary": (): Delivery => ({ headers: binary(), body: Buffer.from(payload()) }),
  "cloudevent, structured": (): Delivery => ({
    headers: { "content-type": "application/cloudevents+json" },
    body: Buffer.from(
      JSON.stringify({
        specversion: "1.0",
        id: String(++sent),
        source: "//pubsub.googleapis.com/projects/p/topics/orders",
        type: "com.example.order.placed",
        time: "2026-11-29T00:00:00Z",
        datacontenttype: "application/json",
        data: JSON.parse(payload()) as unknown,
      }),
    ),
  }),
} as const;

type Shape = keyof typeof SHAPES;
const shapes = Object.keys(SHAPES) as Shape[];

const bench: Bench = async () => {
  const { decode } = bundled(
    `export { decode } from "./runtime/decode/decode";`,
  ) as typeof import("../runtime/decode/decode");
  const decoding = ({ headers, body }: Delivery) => {
    const decoded = decode(headers, body);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.incoming.payload();
  };
  const sdk = ({ headers, body }: Delivery) => {
    const event = HTTP.toEvent({ headers: { ...headers }, body: body.toString() });
    if (Array.isArray(event)) throw new Error("one event was sent");
    return (event as { data: unknown }).data;
  };
  // What every decoder of the shape parses: the body, and the payload where it travels as base64 inside.
  const parsing = ({ body }: Delivery) => {
    const value = JSON.parse(body.toString()) as { message?: { data: string } };
    return value.message ? (JSON.parse(Buffer.from(value.message.data, "base64").toString()) as unknown) : value;
  };

  const rows: string[][] = [];
  const above: number[] = [];
  const beside: number[] = [];
  for (const shape of shapes) {
    const batch = times(SHAPES[shape]);
    const known = shape.startsWith("cloudevent");
    const both = { parsing: { batch, work: parsing }, ours: { batch, work: decoding } };
    const cost: { readonly parsing: number; readonly ours: number; readonly sdk?: number } = known
      ? await microseconds(ROUNDS, { ...both, sdk: { batch, work: sdk } })
      : await microseconds(ROUNDS, both);
    const theirs = cost.sdk;
    above.push(cost.ours - cost.parsing);
    if (theirs !== undefined) beside.push(cost.ours / theirs);
    rows.push([shape, cost.parsing.toFixed(1), cost.ours.toFixed(1), theirs?.toFixed(1) ?? "–"]);
  }
  console.log(table(["shape", "JSON.parse µs", "decode µs", "cloudevents SDK µs"], rows));

  const wrapped = times(SHAPES["push, wrapped"]);
  const validated = await microseconds(ROUNDS, {
    zod: {
      batch: wrapped,
      work: ({ body }: Delivery) => {
        const { message } = Envelope.parse(JSON.parse(body.toString()));
        return Order.parse(JSON.parse(Buffer.from(message.data, "base64").toString()));
      },
    },
    ours: { batch: wrapped, work: (delivery: Delivery) => Order.parse(decoding(delivery)) },
  });
  return [
    { what: "T2: decoding above JSON.parse, the dearest shape", value: Math.max(...above), unit: "µs" },
    {
      what: "decoding beside the cloudevents SDK, the dearest shape",
      value: Math.max(...beside),
      unit: "×",
      atMost: 0.5,
    },
    { what: "T7: validated envelope beside zod alone", value: validated.ours / validated.zod, unit: "×", atMost: 1.2 },
  ];
};

export default bench;
