import type { ClientHttp2Session } from "node:http2";
import { once } from "node:events";
import * as fc from "fast-check";
import { LOCAL_VERSIONS } from "../../../local/provider/protocol/schema-message";
import { googleSchema } from "../../../local/provider/schema/google";
import { typeOfBlock } from "../../../local/provider/schema/schema";
import { complete } from "../../../local/provider/planner/settle";
import { decodeValue, encodeValue } from "../../../local/provider/values/msgpack";
import { type ObjectValue, UNKNOWN } from "../../../local/provider/values/value";
import { type Plugin, startPlugin } from "./plugin-client";

const topic = googleSchema().resource("google_pubsub_topic")!.block;
const type = typeOfBlock(topic);
const config = (given: ObjectValue) => ({ msgpack: encodeValue(complete(topic, given)) });
const NULL = { msgpack: Uint8Array.of(0xc0) };

let plugin: Plugin;
let session: ClientHttp2Session;
beforeAll(async () => {
  plugin = await startPlugin(["google_pubsub_topic"]);
  session = plugin.dial();
});
afterAll(async () => {
  session.destroy();
  await plugin.close();
});
const dial = () => plugin.dial();
const raw: Plugin["raw"] = (...args) => plugin.raw(...args);
const call: Plugin["call"] = (...args) => plugin.call(...args);
const plan = (message: object, over?: ClientHttp2Session) =>
  call("PlanResourceChange", { typeName: "google_pubsub_topic", ...message }, over);

describe("the plugin protocol", () => {
  it("answers golden bytes with golden bytes", async () => {
    const { status, bytes } = await raw("/tfplugin5.Provider/Stop", new Uint8Array());
    expect([status, bytes.toString("hex")]).toEqual(["0", ""]);
    // typeName "google_pubsub_topic", prior and proposed state null, config null: a resource that is destroyed.
    const destroyed = Buffer.from("0a13676f6f676c655f7075627375625f746f70696312030a01c01a030a01c022030a01c0", "hex");
    const answer = await raw("/tfplugin5.Provider/PlanResourceChange", destroyed);
    expect(answer.bytes.toString("hex")).toBe("0a030a01c02801");
  });

  it("plans for the provider that was configured on the same connection", async () => {
    const { block } = googleSchema().provider;
    const configure = (project: string, over: ClientHttp2Session) =>
      call("Configure", { config: { msgpack: encodeValue(complete(block, { project })) } }, over);
    const other = dial();
    await configure("one", session);
    await configure("two", other);
    const planned = async (over: ClientHttp2Session) => {
      const { plannedState } = await plan({ priorState: NULL, config: config({ name: "t" }) }, over);
      return decodeValue(plannedState.msgpack, type) as ObjectValue;
    };
    expect((await planned(session))["project"]).toBe("one");
    expect((await planned(other))["project"]).toBe("two");
    expect(await planned(session)).toMatchObject({ name: "t", id: UNKNOWN, timeouts: null, message_transforms: [] });
    other.destroy();
  });

  it("says by its path what replaces a resource, the index 0 included", async () => {
    const secret = googleSchema().resource("google_secret_manager_secret")!.block;
    const within = (location: string) => {
      const replication = [{ user_managed: [{ replicas: [{ location }] }] }];
      return { msgpack: encodeValue(complete(secret, { secret_id: "s", project: "one", replication })) };
    };
    const message = { typeName: "google_secret_manager_secret", priorState: within("a"), config: within("b") };
    const { requiresReplace } = await plan(message);
    const steps = requiresReplace.map(({ steps }) => steps.map((step) => Object.entries(step).join()));
    expect(steps).toEqual([
      [
        "attributeName,replication",
        "elementKeyInt,0",
        "attributeName,user_managed",
        "elementKeyInt,0",
        "attributeName,replicas",
        "elementKeyInt,0",
        "attributeName,location",
      ],
    ]);
  });

  it("reads states of today's and of an older schema", async () => {
    const json = Buffer.from(JSON.stringify({ name: "t", gone: 1, labels: { a: "b" } }));
    const message = { typeName: "google_pubsub_topic", version: LOCAL_VERSIONS, rawState: { json } };
    const { upgradedState } = await call("UpgradeResourceState", message);
    expect(decodeValue(upgradedState.msgpack, type)).toEqual(complete(topic, { name: "t", labels: { a: "b" } }));
  });

  it("reads no state of the real provider", async () => {
    const json = Buffer.from(JSON.stringify({ name: "t" }));
    const message = { typeName: "google_pubsub_topic", version: 0, rawState: { json } };
    const { diagnostics } = await call("UpgradeResourceState", message);
    expect(diagnostics).toMatchObject([{ severity: 1, detail: expect.stringContaining("not made on this machine") }]);
  });

  it("takes JSON where MessagePack is not sent", async () => {
    const json = Buffer.from(JSON.stringify({ name: "t", email: 1 }));
    const message = { typeName: "google_pubsub_topic", config: { json } };
    const { diagnostics } = await call("ValidateResourceTypeConfig", message);
    expect(diagnostics).toEqual([]);
  });

  it("serves the schema of the types that were asked for", async () => {
    const { resourceSchemas, serverCapabilities } = await call("GetSchema", {});
    expect(Object.keys(resourceSchemas as object)).toEqual(["google_pubsub_topic"]);
    expect(serverCapabilities).toMatchObject({ planDestroy: true, getProviderSchemaOptional: true });
  });

  it("keeps the resource when applying goes wrong", async () => {
    const prior = config({ name: "t", id: "i" });
    const message = {
      typeName: "google_pubsub_topic",
      priorState: prior,
      plannedState: config({ name: UNKNOWN, id: "i" }),
    };
    const { newState, diagnostics } = await call("ApplyResourceChange", message);
    expect(decodeValue(newState.msgpack, type)).toMatchObject({ name: "t" });
    expect(diagnostics[0]).toMatchObject({ severity: 1 });
  });

  it("serves what go-plugin asks for, and nothing it does not know", async () => {
    expect((await raw("/grpc.health.v1.Health/Check", new Uint8Array())).bytes.toString("hex")).toBe("0801");
    expect((await raw("/plugin.GRPCController/Shutdown", new Uint8Array())).status).toBe("0");
    expect((await raw("/tfplugin5.Provider/GetResourceIdentitySchemas", new Uint8Array())).status).toBe("12");
  });

  it("holds the streams open that go-plugin listens to, and ends them with the client", async () => {
    const over = dial();
    const streams = ["GRPCStdio/StreamStdio", "GRPCBroker/StartStream"].map((path) =>
      over.request({
        ":method": "POST",
        ":path": `/plugin.${path}`,
        ":authority": "unused",
        "content-type": "application/grpc",
      }),
    );
    for (const stream of streams) stream.write(Buffer.alloc(5));
    const ended = streams.map((stream) => once(stream, "close"));
    await call("Stop", {}, over);
    expect(streams.map(({ closed }) => closed)).toEqual([false, false]);
    over.destroy();
    await Promise.all(ended);
  });
});

describe("what is malformed", () => {
  it.each([
    ["a type that there is not", { typeName: "google_nothing", config: config({}) }, "has no google_nothing"],
    ["truncated MessagePack", { config: { msgpack: config({ name: "t" }).msgpack.subarray(0, 20) } }, "no MessagePack"],
    [
      "a value of another type",
      { config: { msgpack: encodeValue({ ...complete(topic, {}), name: 5 }) } },
      "name: a string",
    ],
    ["no value", {}, "an object is wanted, not null"],
    ["an unknown object", { config: { msgpack: encodeValue(UNKNOWN) } }, "known at least in its outline"],
  ])("is answered by a diagnostic: %s", async (_what, message, says) => {
    const request = { typeName: "google_pubsub_topic", ...message };
    const { diagnostics } = await call("ValidateResourceTypeConfig", request);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]!.summary).toBe("Value that cannot be read");
    expect(diagnostics[0]!.detail).toContain(says);
  });

  it("never ends the server, whatever the bytes", async () => {
    const paths = ["PlanResourceChange", "ApplyResourceChange", "Configure"];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.uint8Array({ maxLength: 80 }), async (path, payload) => {
        const { status } = await raw(`/tfplugin5.Provider/${path}`, payload);
        expect(["0", "3"]).toContain(status);
      }),
      { numRuns: 150 },
    );
    expect((await raw("/grpc.health.v1.Health/Check", new Uint8Array())).status).toBe("0");
  });
});
