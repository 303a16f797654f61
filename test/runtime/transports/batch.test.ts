import { Fatal, memoryStore } from "../../../runtime";
import { type CoreReply, createCore } from "../../../runtime/core";
import { defineHandler, type Handler } from "../../../runtime/handler";
import { cloudEventsBatch } from "../../../runtime/transports";
import { environmentFor } from "../support/environment";
import { atLeastOnce } from "../support/orders";
import { goodClaims, strippedToken } from "../support/tokens";

describe("a batch of CloudEvents", () => {
  const event = (id: string, more: object = {}) => ({
    specversion: "1.0",
    id: `event-${id}`,
    source: "/shop",
    type: "shop.order",
    data: { id },
    ...more,
  });
  const send = (handler: Handler, body: unknown, headers: Record<string, string> = {}): Promise<CoreReply> =>
    createCore(handler, {
      env: { ...environmentFor(handler), PUBSUB_EMULATOR_HOST: "pubsub.test" },
      transports: [cloudEventsBatch({ atOnce: 2, most: 5 })],
      store: memoryStore(),
      write: () => {},
      fetch: async () => Response.json({ messageIds: ["1"] }),
    }).handle({
      method: "POST",
      path: "/",
      headers: {
        authorization: strippedToken(goodClaims(Date.now())),
        "content-type": "application/cloudevents-batch+json; charset=utf-8",
        ...headers,
      },
      body: async () => Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    });
  const bad = (ids: readonly string[], error: () => Error, seen: string[] = []) =>
    defineHandler(atLeastOnce, async (order) => {
      seen.push(order.id);
      if (ids.includes(order.id)) throw error();
    });

  it("is acknowledged when every event is done or parked", async () => {
    const seen: string[] = [];
    const reply = await send(
      bad(["2"], () => new Fatal("no"), seen),
      [event("1"), event("2"), event("3")],
    );
    expect(reply).toMatchObject({ status: 204, text: "" });
    expect(seen.toSorted()).toEqual(["1", "2", "3"]);
    expect(await send(bad([], Error), [])).toMatchObject({ status: 204 });
  });

  it("is answered for the worst of them, and says what became of each", async () => {
    const reply = await send(
      bad(["2"], () => new Error("no")),
      [event("1"), event("2"), event("3", { data: {} })],
    );
    expect(reply).toMatchObject({ status: 500, type: "application/json" });
    expect(JSON.parse(reply.text)).toEqual({
      outcomes: [
        { id: "event-1", source: "/shop", outcome: "done", status: 204 },
        { id: "event-2", source: "/shop", outcome: "retry", status: 500 },
        { id: "event-3", source: "/shop", outcome: "rejected", status: 400 },
      ],
    });
    expect((await send(bad([], Error), [event("1"), { id: "x" }])).status).toBe(400);
  });

  it("keeps the order of a partition: what follows a failed one is left for the next delivery", async () => {
    const seen: string[] = [];
    const keyed = (id: string) => event(id, { partitionkey: "k" });
    const reply = await send(
      bad(["2"], () => new Error("no"), seen),
      [keyed("1"), event("4"), keyed("2"), keyed("3")],
    );
    expect(seen.filter((id) => id !== "4")).toEqual(["1", "2"]);
    const { outcomes } = JSON.parse(reply.text) as { outcomes: { outcome: string }[] };
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["done", "done", "retry", "busy"]);
  });

  it.each([
    ["is not JSON", "{", /not JSON/],
    ["is not an array", {}, /not an array/],
    ["is too long", Array.from({ length: 6 }, (_, i) => event(String(i))), /6 events; at most 5/],
  ])("is refused as a whole when it %s", async (_what, body, reason) => {
    const reply = await send(bad([], Error), body);
    expect(reply.status).toBe(400);
    expect(reply.text).toMatch(reason);
  });

  it("is not what an attribute of an unwrapped push says it is", async () => {
    const reply = await send(bad([], Error), { id: "7" }, { "x-goog-pubsub-message-id": "1" });
    expect(reply.status).toBe(204);
  });
});
