import type {
  Answer,
  Call,
  Delivery,
  Publish,
  Pull,
  Push,
  Pushed,
  Range,
  Settle,
  Step,
  Vector,
} from "../../vectors/pubsub/vector";
import { type Actual, compare, compareAll, meets, patterns } from "./compare";
import type { EndpointClient, EndpointLog, Endpoints, Received } from "./endpoints";
import { namesOf } from "./names";

/** A server of Pub/Sub's REST API under test. */
export interface Server extends EndpointClient {
  readonly side: "engine" | "emulator";
  /** `http://127.0.0.1:{port}` */
  readonly url: string;
  /** Milliseconds by which a busy machine may pass an upper bound. */
  readonly slackMs: number;
  /** Lets at most so many milliseconds of the server's time pass, fewer when something may happen before. */
  pass(ms: number): Promise<void>;
}

/** When something was done, in the server's milliseconds: it took effect somewhere between. */
interface Span {
  readonly begin: number;
  readonly end: number;
}

interface ReceivedMessage {
  readonly ackId: string;
  readonly deliveryAttempt?: number;
  readonly message: Readonly<Record<"messageId" | "data" | "orderingKey", string>> & { readonly attributes?: object };
}

const decode = (base64 = "") => Buffer.from(base64, "base64").toString();

/** Plays a vector against a server. @throws when an answer, a delivery or a push is not what the vector expects */
export async function play(vector: Vector, server: Server, endpoints: Endpoints): Promise<void> {
  const { topics = { t: {} }, subscriptions = { s: {} } } = vector;
  const logs = new Map<string, EndpointLog>();
  const { clock, slackMs } = server;
  const names = namesOf(
    vector,
    () => clock.now(),
    (endpoint) => logs.get(endpoint)!.url,
  );
  const { fill } = names;
  /** Message id and time of each publish, by topic and data. */
  const published = new Map<string, { readonly id: string; readonly span: Span }>();
  /** Ack ids in order of delivery, by subscription and data. */
  const ackIds = new Map<string, readonly string[]>();
  const consumed = new Map<string, number>();
  /** The last step that was neither a pull nor a look at the pushes. */
  let done: Span = { begin: clock.now(), end: clock.now() };

  const took = ({ begin, end }: Span, at: number, range: Range) =>
    meets(range, [(at - end) / 1_000, (at - begin) / 1_000], slackMs / 1_000);
  const here = <T>({ expect, emulator }: { readonly expect: T; readonly emulator?: T | undefined }): T =>
    server.side === "emulator" && emulator !== undefined ? emulator : expect;

  async function request(method: string, path: string, body?: object) {
    const response = await fetch(`${server.url}/v1/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: JSON.parse((await response.text()) || "{}") as unknown };
  }

  async function ask(step: { expect?: Answer; emulator?: Answer }, method: string, path: string, body?: object) {
    const begin = clock.now();
    const reply = await request(method, path, body);
    done = { begin, end: clock.now() };
    const { status = 200, error, match, text } = here<Answer>({ expect: step.expect ?? {}, emulator: step.emulator });
    compare(
      { call: `${method} ${path}`, ...reply },
      { status, ...(error !== undefined && { json: { error: { status: error } } }) },
    );
    if (match !== undefined) compare(reply.json, patterns(match, fill) as object);
    if (text !== undefined) expect(JSON.stringify(reply.json)).toMatch(text);
    return reply.json;
  }

  /** Until when to wait, and for how many; with nothing expected, to the end. */
  const patience = (expected: number, given: number | undefined, usual: { some: number; none: number }) =>
    expected > 0
      ? { end: clock.now() + (given ?? usual.some) * 1_000 + slackMs, enough: expected }
      : { end: clock.now() + (given ?? usual.none) * 1_000, enough: Number.POSITIVE_INFINITY };

  async function publish(step: Publish) {
    const messages = step.messages.map((message) => {
      const { data, ...rest } = typeof message === "string" ? { data: message } : message;
      return { ...rest, ...(data !== undefined && { data: Buffer.from(data).toString("base64") }) };
    });
    const json = await ask(step, "POST", `${names.topic(step.publish)}:publish`, { messages });
    const { messageIds = [] } = json as { messageIds?: readonly string[] };
    for (const [i, id] of messageIds.entries())
      published.set(`${step.publish} ${decode(messages[i]!.data)}`, { id, span: done });
  }

  async function pull(step: Pull) {
    const expected = here<readonly Delivery[]>(step);
    const path = `${names.subscription(step.pull)}:pull`;
    const body = { maxMessages: step.max ?? 100, returnImmediately: true };
    const { end, enough } = patience(expected.length, step.within, { some: 5, none: 1 });
    const got: Actual[] = [];
    for (;;) {
      const { status, json } = await request("POST", path, body);
      compare({ status, json }, { status: 200 });
      const { receivedMessages = [] } = json as { receivedMessages?: readonly ReceivedMessage[] };
      const at = clock.now();
      got.push(...receivedMessages.map((received) => delivered(step.pull, received, at)));
      if (at >= end || got.length >= enough) break;
      await server.pass(end - at);
    }
    compareAll(`pulled from ${step.pull}`, got, expected, { ...step, fill });
  }

  function delivered(alias: string, { ackId, deliveryAttempt, message }: ReceivedMessage, at: number): Actual {
    const data = decode(message.data);
    const earlier = ackIds.get(`${alias} ${data}`) ?? [];
    expect(earlier).not.toContain(ackId);
    ackIds.set(`${alias} ${data}`, [...earlier, ackId]);
    sameId(`${subscriptions[alias]?.topic ?? "t"} ${data}`, message.messageId);
    const { attributes, orderingKey } = message;
    const span = done;
    return {
      data,
      isNew: ![...published.values()].some(({ id }) => id === message.messageId),
      attributes,
      orderingKey: orderingKey === "" ? undefined : orderingKey,
      deliveryAttempt: deliveryAttempt === 0 ? undefined : deliveryAttempt,
      after: (range) => took(span, at, range),
    };
  }

  function sameId(key: string, messageId: unknown) {
    const known = published.get(key);
    if (known) compare({ published: key, messageId }, { messageId: known.id });
  }

  async function pushed(step: Pushed) {
    const expected = here<readonly Push[]>(step);
    const log = logs.get(step.pushed)!;
    const { end, enough } = patience(expected.length, step.within, { some: 10, none: 2 });
    const from = consumed.get(step.pushed) ?? 0;
    while (clock.now() < end && log.requests.length - from < enough) await server.pass(end - clock.now());
    consumed.set(step.pushed, log.requests.length);
    const got = log.requests.slice(from).map((received, i) => arrived(log.requests.slice(0, from + i), received));
    compareAll(`pushed to ${step.pushed}`, got, expected, { ...step, fill });
    if (step.peak) expect({ peak: meets(step.peak, [log.peak, log.peak]) }).toEqual({ peak: step.peak });
  }

  function arrived(before: readonly Received[], { data, method, body, headers, at }: Received): Actual {
    const previous = before.findLast((one) => one.data === data);
    const first = [...published].find(([key]) => key.endsWith(` ${data}`))?.[1].span ?? done;
    const span = previous ? endOf(previous) : first;
    if (body) sameId(`t ${data}`, body.message.messageId);
    return {
      data,
      method,
      body,
      headers,
      orderingKey: body?.message.orderingKey,
      deliveryAttempt: body?.deliveryAttempt,
      token: claims(headers.authorization),
      after: (range) => took(span, at, range),
    };
  }

  /** When a push was answered; one that was not began before it was seen, but not long before. */
  const endOf = ({ at, answeredAt }: Received): Span =>
    answeredAt === undefined
      ? { begin: at - Math.min(slackMs, 1_000), end: at }
      : { begin: answeredAt, end: answeredAt };

  async function settle(step: Settle) {
    const alias = step.on ?? "s";
    const ids = ("ack" in step ? step.ack : step.modAck).map((handle) => {
      const [data = "", count] = handle.split("#");
      const known = ackIds.get(`${alias} ${data}`) ?? [];
      const id = count === undefined ? known.at(-1) : known[Number(count) - 1];
      if (id === undefined) throw new Error(`${handle} was not delivered on ${alias}`);
      return id;
    });
    const verb = "ack" in step ? "acknowledge" : "modifyAckDeadline";
    const body = { ackIds: ids, ...("modAck" in step && { ackDeadlineSeconds: step.seconds }) };
    await ask(step, "POST", `${names.subscription(alias)}:${verb}`, body);
  }

  async function call(step: Call) {
    const [method = "", path = ""] = step.call.split(" ");
    await ask(step, method, fill(path), step.body && (patterns(step.body, fill) as object));
  }

  async function take(step: Step): Promise<void> {
    if ("publish" in step) return publish(step);
    if ("pull" in step) return pull(step);
    if ("pushed" in step) return pushed(step);
    if ("call" in step) return call(step);
    if ("mark" in step) return names.mark(step.mark);
    if (!("wait" in step)) return settle(step);
    const end = clock.now() + step.wait * 1_000;
    while (clock.now() < end) await server.pass(end - clock.now());
    done = { begin: end, end: clock.now() };
  }

  for (const [alias, endpoint] of Object.entries(vector.endpoints ?? {}))
    logs.set(alias, endpoints.add(`${server.side}/${names.prefix}/${alias}`, endpoint, fill, server));
  try {
    for (const [alias, topic] of Object.entries(topics))
      await ask({}, "PUT", names.topic(alias), patterns(topic, fill) as object);
    for (const [alias, { topic = "t", ...rest }] of Object.entries(subscriptions)) {
      const given = patterns(rest, fill) as object;
      const subscription = { ackDeadlineSeconds: 60, topic: names.topic(topic), ...given };
      await ask({}, "PUT", names.subscription(alias), subscription);
    }
    for (const [i, step] of vector.steps.entries())
      await take(step).catch((cause: Error) => {
        const told = JSON.stringify(step).slice(0, 120);
        throw new Error(`${vector.id}, step ${i + 1}, ${told}:\n${cause.message}`);
      });
  } finally {
    // A subscription that stays would go on pushing beside the vectors that follow.
    for (const alias of Object.keys(subscriptions))
      await request("DELETE", names.subscription(alias)).catch(() => undefined);
  }
}

/** Claims of a bearer token, unverified; undefined without one. */
function claims(authorization: string | undefined): unknown {
  const [, payload] = /^Bearer [\w-]+\.([\w-]+)\./.exec(authorization ?? "") ?? [];
  return payload === undefined ? undefined : JSON.parse(Buffer.from(payload, "base64url").toString());
}
