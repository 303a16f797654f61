import * as fc from "fast-check";
import type { Call } from "../../../local/wire/grpc";
import { StatusError } from "../../../local/wire/rest";
import { pubSubServices } from "../../../local/engine/pubsub";
import { startBroker } from "./broker";

const { pubsub, clock } = startBroker();
const { rest, grpc } = pubSubServices(pubsub, clock);
const { signal } = new AbortController();

async function ask(method: string, target: string, body?: unknown) {
  const [path = "", query = ""] = target.split("?");
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const request = { method, path, query: new URLSearchParams(query), headers: {}, body: Buffer.from(text), signal };
  const { status, body: answer } = await rest(request);
  return {
    status,
    json: JSON.parse((answer as string | Buffer).toString()) as {
      error?: { status: string; message: string; details?: unknown };
    },
  };
}

const topic = (id: string) => `/v1/projects/p/topics/${id}`;
const subscription = (id: string) => `/v1/projects/p/subscriptions/${id}`;

describe("a request that cannot be what it should", () => {
  it.each([
    ["is no JSON", "PUT", topic("t-1"), "{", /Invalid JSON/],
    ["is no object", "PUT", topic("t-1"), [1], /must be an object/],
    ["names an unknown field", "PUT", topic("t-1"), { colour: 1 }, /Unknown name "colour"/],
    ["names what every object has", "PUT", topic("t-1"), '{"constructor":1}', /Unknown name "constructor"/],
    ["says where the field is", "PUT", subscription("s-1"), { pushConfig: { a: 1 } }, /'pushConfig'/],
    ["has text for a number", "PUT", subscription("s-1"), { ackDeadlineSeconds: "soon" }, /ackDeadlineSeconds/],
    ["has a negative duration", "PUT", topic("t-1"), { messageRetentionDuration: "-600s" }, /negative/],
    ["has no duration", "PUT", topic("t-1"), { messageRetentionDuration: "10 minutes" }, /duration/],
    ["has no base64", "POST", `${topic("orders")}:publish`, { messages: [{ data: "é" }] }, /base64/],
    ["asks for a page of somebody else", "GET", "/v1/projects/p/topics?pageToken=x", undefined, /page token/],
    ["updates nothing", "PATCH", topic("orders"), { topic: {} }, /update_mask/],
    ["acks nothing", "POST", `${subscription("charge")}:acknowledge`, {}, /No ack ids/],
  ])("is refused: one that %s", async (_how, method, path, body, message) => {
    const { status, json } = await ask(method, path, body);
    expect({ status, ...json.error }).toMatchObject({
      status: "INVALID_ARGUMENT",
      message: expect.stringMatching(message) as string,
    });
    expect(status).toBe(400);
  });

  it.each([
    ["a path that is no UTF-8", "GET", "/v1/projects/p/topics/%E0%A4%A", ""],
    ["a slash that is none", "GET", "/v1/projects/p/topics/a%2Fb", ""],
    ["a method that a resource does not have", "POST", topic("orders"), {}],
    ["a topic that has been deleted", "PUT", subscription("s-1"), { topic: "_deleted-topic_" }],
  ])("finds nothing: %s", async (_how, method, path, body) => {
    expect((await ask(method, path, body)).status).toBe(404);
  });

  it.each([
    ["schemaSettings", topic("t-1"), { schemaSettings: { schema: "projects/p/schemas/s", encoding: "JSON" } }],
    ["ingestionDataSourceSettings", topic("t-1"), { ingestionDataSourceSettings: {} }],
    ["message transforms", topic("t-1"), { messageTransforms: [{}] }],
    ["bigqueryConfig", subscription("s-1"), { topic: "projects/p/topics/orders", bigqueryConfig: { table: "p.d.t" } }],
  ])("is told that %s does not run here", async (field, path, body) => {
    const { status, json } = await ask("PUT", path, body);
    expect(status).toBe(501);
    expect(json.error).toMatchObject({ status: "UNIMPLEMENTED", message: expect.stringContaining(field) as string });
  });

  it("gives back the transforms of topics and subscriptions, and takes others for them", async () => {
    const udf = (functionName: string) => ({
      javascriptUdf: { functionName, code: `function ${functionName}(message) { return message; }` },
    });
    const messageTransforms = [udf("a"), { ...udf("b"), disabled: true }];
    const made = { [topic("changed")]: {}, [subscription("changed")]: { topic: "projects/p/topics/orders" } };
    for (const [path, more] of Object.entries(made)) {
      expect((await ask("PUT", path, { ...more, messageTransforms })).json).toMatchObject({ messageTransforms });
      const field = path.includes("topics") ? "topic" : "subscription";
      const update = { [field]: { messageTransforms: [udf("c")] }, updateMask: "messageTransforms" };
      expect((await ask("PATCH", path, update)).status).toBe(200);
      expect((await ask("GET", path, "")).json).toMatchObject({ messageTransforms: [udf("c")] });
    }
  });

  it("never makes the engine fail, whatever it holds", async () => {
    const paths = [topic("x-1"), `${topic("orders")}:publish`, subscription("y-1"), `${subscription("charge")}:seek`];
    const verbs = ["pull", "acknowledge", "modifyAckDeadline", "modifyPushConfig", "seek", "detach"];
    const known = ["topic", "name", "messages", "ackIds", "pushConfig", "labels", "time", "updateMask", "subscription"];
    const body = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...known), fc.jsonValue(), { maxKeys: 4 }));
    const target = fc.constantFrom(...paths, ...verbs.map((verb) => `${subscription("gone")}:${verb}`));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("PUT", "POST", "PATCH"), target, body, async (method, path, json) => {
        const { status } = await ask(method, path, json);
        expect([200, 400, 404, 409, 501]).toContain(status);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });
});

describe("gRPC", () => {
  const call: Call = { signal, headers: {} };

  it("answers every method that is given nothing, and never with a fault of its own", async () => {
    for (const [path, method] of grpc) {
      if (method.kind !== "unary") continue;
      const outcome = await method.handle({}, call).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect({ path, error: outcome }).toEqual({ path, error: expect.any(StatusError) as Error });
    }
  });

  it("has every method of the two services but those that are named here", () => {
    const names = [...grpc.keys()].map((path) => path.split("/").at(-1));
    expect(names).toEqual(expect.arrayContaining(["Publish", "Pull", "StreamingPull", "Seek", "DetachSubscription"]));
    expect(names).not.toContain("UpdateSnapshot");
  });
});

describe("lists", () => {
  it("come in pages", async () => {
    for (const id of ["page-1", "page-2", "page-3"]) await ask("PUT", `/v1/projects/q/topics/${id}`, {});
    const names: string[] = [];
    let token = "";
    do {
      const { json } = await ask("GET", `/v1/projects/q/topics?pageSize=2&pageToken=${token}`);
      const { topics, nextPageToken = "" } = json as { topics: { name: string }[]; nextPageToken?: string };
      expect(topics.length).toBeLessThanOrEqual(2);
      names.push(...topics.map(({ name }) => name));
      token = nextPageToken;
    } while (token);
    expect(names).toEqual(["page-1", "page-2", "page-3"].map((id) => `projects/q/topics/${id}`));
  });
});
