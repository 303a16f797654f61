import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { encode, ExtData } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { complete } from "../../../local/provider/planner/settle";
import { LOCAL_VERSIONS } from "../../../local/provider/protocol/schema-message";
import { googleSchema } from "../../../local/provider/schema/google";
import { typeOfBlock } from "../../../local/provider/schema/schema";
import { decodeValue, encodeValue } from "../../../local/provider/values/msgpack";
import { type ObjectValue, UNKNOWN } from "../../../local/provider/values/value";
import { answerOf, framed, messageType, type Plugin, type Reply, type Rpc, RPCS, startPlugin } from "./plugin-client";

const TYPE = "google_pubsub_subscription";
const { block } = googleSchema().resource(TYPE)!;
const type = typeOfBlock(block);
const NULL = { msgpack: Uint8Array.of(0xc0) };
const config = complete(block, {
  name: "s",
  topic: "t",
  ack_deadline_seconds: 30,
  labels: { a: "b" },
  retry_policy: [{ minimum_backoff: "5s" }],
});
const dynamic = (value: ObjectValue) => ({ msgpack: encodeValue(value) });

let plugin: Plugin;
beforeAll(async () => {
  plugin = await startPlugin([TYPE]);
});
afterAll(() => plugin.close());

/** A call of each kind that is answered without a diagnostic. */
const sound: Readonly<Record<Rpc, object>> = {
  GetSchema: {},
  PrepareProviderConfig: { config: dynamic(complete(googleSchema().provider.block, {})) },
  Configure: { config: dynamic(complete(googleSchema().provider.block, { project: "p" })) },
  ValidateResourceTypeConfig: { typeName: TYPE, config: dynamic(config) },
  ValidateDataSourceConfig: {
    typeName: "google_project",
    config: dynamic(complete(googleSchema().dataSource("google_project")!.block, { project_id: "p" })),
  },
  UpgradeResourceState: {
    typeName: TYPE,
    version: LOCAL_VERSIONS,
    rawState: { json: Buffer.from('{"name":"s","labels":{}}') },
  },
  ReadResource: { typeName: TYPE, currentState: dynamic({ ...config, id: "i" }) },
  PlanResourceChange: { typeName: TYPE, priorState: NULL, config: dynamic(config) },
  ApplyResourceChange: { typeName: TYPE, priorState: dynamic(config), plannedState: NULL },
  ImportResourceState: { typeName: TYPE, id: "i" },
  ReadDataSource: {
    typeName: "google_project",
    config: dynamic(complete(googleSchema().dataSource("google_project")!.block, { project_id: "p" })),
  },
  Stop: {},
};
const rpcs = Object.keys(RPCS) as Rpc[];
const bytesOf = (rpc: Rpc): Uint8Array => messageType(RPCS[rpc][0]).encode(sound[rpc]).finish();
const send = (rpc: Rpc, payload: Uint8Array) => plugin.raw(`/tfplugin5.Provider/${rpc}`, payload);

/** The server answers a good call as it always does. */
async function expectUsable() {
  const { plannedState, diagnostics } = await plugin.call("PlanResourceChange", sound.PlanResourceChange);
  expect(diagnostics).toEqual([]);
  expect(decodeValue(plannedState.msgpack, type)).toMatchObject({ name: "s", ack_deadline_seconds: 30, id: UNKNOWN });
}
afterEach(expectUsable);

/** Answered as a call: well, with a diagnostic, or as a message that cannot be read. */
async function expectAnswered(rpc: Rpc, payload: Uint8Array) {
  const { status, bytes } = await send(rpc, payload);
  expect(["0", "3"]).toContain(status);
  if (status === "0") expect(() => messageType(RPCS[rpc][1]).decode(bytes)).not.toThrow();
}

const read = async (msgpack: Uint8Array) => {
  const message = { typeName: TYPE, config: { msgpack } };
  const { diagnostics } = await plugin.call("ValidateResourceTypeConfig", message);
  return diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`);
};

describe("every method", () => {
  it.each(rpcs)("%s answers a sound call without a diagnostic", async (rpc) => {
    const reply: Partial<Reply> = await plugin.call(rpc, sound[rpc]);
    expect(reply.diagnostics ?? []).toEqual([]);
  });

  it.each(rpcs)("%s survives its own message cut off, changed, repeated and filled up", async (rpc) => {
    const good = bytesOf(rpc);
    const changed = fc.oneof(
      fc.nat(Math.max(good.length - 1, 0)).map((length) => good.subarray(0, length)),
      fc
        .array(fc.tuple(fc.nat(Math.max(good.length - 1, 0)), fc.nat(255)), { minLength: 1, maxLength: 4 })
        .map((all) => all.reduce((bytes, [at, by]) => bytes.with(at, by), good.length > 0 ? good : Uint8Array.of(0))),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => Buffer.concat([good, more])),
      fc.constant(Buffer.concat([good, good])),
    );
    await fc.assert(
      fc.asyncProperty(changed, (payload) => expectAnswered(rpc, payload)),
      { numRuns: 40 },
    );
  });

  it.each(rpcs)("%s survives each of its fields in every wire type, those that there are not included", async (rpc) => {
    const bodies = [[1], [1, 2, 3, 4, 5, 6, 7, 8], [2, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x0f], []];
    const tags = [1, 2, 3, 4, 5, 6, 15].flatMap((field) => [0, 1, 2, 3, 4, 5, 6, 7].map((wire) => (field << 3) | wire));
    await Promise.all(
      tags.flatMap((tag) => bodies.map((body) => expectAnswered(rpc, Uint8Array.from([tag, ...body])))),
    );
  });
});

describe("values", () => {
  const withValue = (name: string, value: unknown) => {
    const plain = Object.fromEntries(Object.entries(config).map(([key, one]) => [key, one as unknown]));
    return encode({ ...plain, [name]: value }, { useBigInt64: true });
  };

  it.each([
    ["the greatest 64-bit integer", 18_446_744_073_709_551_615n],
    ["the least 64-bit integer", -9_223_372_036_854_775_808n],
    ["a thousand digits", "9".repeat(1_000)],
    ["an exponent beyond all doubles", "1e999999"],
    ["a million zeros before the last digit", `0.${"0".repeat(1_000_000)}1`],
    ["a million zeros", `1${"0".repeat(1_000_000)}`],
    ["the least double", 5e-324],
  ])("that are numbers keep their size: %s", async (_what, value) => {
    expect(await read(withValue("ack_deadline_seconds", value))).toEqual([]);
  });

  it.each([
    ["no number", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["words", "ten"],
    ["hexadecimal digits", "0x10"],
    ["a list", [1]],
    ["bytes", new Uint8Array(3)],
    ["a time", new ExtData(-1, new Uint8Array(4))],
  ])("that should be numbers and are %s get a diagnostic or are unknown", async (what, value) => {
    const said = await read(withValue("ack_deadline_seconds", value));
    if (what === "a time") return expect(said).toEqual([]);
    expect(said).toEqual([expect.stringContaining("Value that cannot be read: ack_deadline_seconds: a number")]);
  });

  it("of every extension code and length are unknown, and planned as such", async () => {
    const codes = [-128, -1, 0, 1, 12, 13, 127];
    const lengths = [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 255, 256, 70_000];
    for (const code of codes)
      for (const length of lengths) {
        const msgpack = withValue("filter", new ExtData(code, new Uint8Array(length)));
        const message = { typeName: TYPE, priorState: NULL, config: { msgpack } };
        const { plannedState, diagnostics } = await plugin.call("PlanResourceChange", message);
        expect(diagnostics).toEqual([]);
        expect(decodeValue(plannedState.msgpack, type)).toMatchObject({ filter: UNKNOWN });
      }
  });

  it("that are nested without end, or promise more than there is, get a diagnostic", async () => {
    const deep = (byte: number, depth: number) => new Uint8Array(depth).fill(byte);
    const broken = [
      deep(0x91, 200_000),
      Buffer.concat([deep(0x91, 5_000), Uint8Array.of(0xc0)]),
      Buffer.concat([Uint8Array.of(0x81, 0xa4), Buffer.from("name"), deep(0x91, 5_000), Uint8Array.of(0xc0)]),
      Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0x00),
      Uint8Array.of(0xc1),
      Buffer.concat([encodeValue(config), Uint8Array.of(0xc0)]),
    ];
    for (const msgpack of broken) expect(await read(msgpack)).toHaveLength(1);
  });

  it("with names of what every object has are attributes that there are not", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      expect(await read(withValue(name, "x"))).toHaveLength(1);
    expect(Object.prototype).not.toHaveProperty("name");
  });

  it("of any shape in a state get a diagnostic or are brought into today's", async () => {
    const json = fc.oneof(
      fc.json(),
      fc.constantFrom(
        "",
        "{",
        "[]",
        "null",
        "1",
        '{"name":{"a":1}}',
        '{"labels":[]}',
        "\u0000",
        '{"__proto__":{"a":1}}',
      ),
      fc.constant(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`),
    );
    await fc.assert(
      fc.asyncProperty(json, async (text) => {
        const message = { typeName: TYPE, version: LOCAL_VERSIONS, rawState: { json: Buffer.from(text) } };
        const { diagnostics, upgradedState } = await plugin.call("UpgradeResourceState", message);
        expect(diagnostics.length === 0).toBe(upgradedState !== null);
      }),
      { numRuns: 60 },
    );
  });
});

describe("frames", () => {
  const path = "/tfplugin5.Provider/PlanResourceChange";
  const good = () => bytesOf("PlanResourceChange");
  const after = (...parts: readonly Uint8Array[]) => {
    const stream = plugin.open(path);
    for (const part of parts) stream.write(part);
    stream.end();
    return answerOf(stream);
  };

  it("in pieces of a byte make the same call", async () => {
    const bytes = framed(good());
    const whole = await after(bytes);
    const pieces = await after(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
    expect(pieces).toEqual(whole);
    expect(whole.status).toBe("0");
  });

  it.each([
    ["none at all", [], "3"],
    ["half a header", [Uint8Array.of(0, 0)], "3"],
    ["less than they promise", [framed(Uint8Array.of(1, 2), 100)], "3"],
    ["compressed", [framed(Uint8Array.of(1, 2), 2, 1)], "12"],
    ["longer than any may be", [framed(new Uint8Array(0), 0xff_ff_ff_ff)], "8"],
    ["more than one where one is wanted", [framed(Buffer.alloc(0)), framed(Buffer.alloc(0))], "0"],
  ])("that are %s are refused as a call", async (_what, parts, status) => {
    expect((await after(...parts)).status).toBe(status);
  });

  it("of more than 20 MB are refused, and of less read", async () => {
    expect((await after(framed(new Uint8Array(20 * 1024 * 1024 + 1)))).status).toBe("8");
    const long = messageType("TypedConfig")
      .encode({ typeName: TYPE, config: dynamic({ ...config, name: "x".repeat(15 * 1024 * 1024) }) })
      .finish();
    expect((await send("ValidateResourceTypeConfig", long)).status).toBe("0");
  });

  it("for methods and services that there are not are refused as such", async () => {
    for (const unknown of ["/tfplugin5.Provider/Nothing", "/tfplugin6.Provider/GetProviderSchema", "/", "/a/b/c"])
      expect((await plugin.raw(unknown, new Uint8Array())).status).toBe("12");
  });
});

describe("connections", () => {
  it("that end in the middle of a message leave nothing behind", async () => {
    for (const cut of [1, 5, 6, 40]) {
      const session = plugin.dial();
      const stream = plugin.open("/tfplugin5.Provider/PlanResourceChange", session);
      stream.on("error", () => {});
      stream.write(framed(bytesOf("PlanResourceChange")).subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      const closed = new Promise((resolve) => stream.on("close", resolve));
      session.destroy();
      await closed;
    }
  });

  it("that are half open hold up neither other calls nor the end", async () => {
    const other = await startPlugin([TYPE]);
    const session = other.dial();
    const stream = other.open("/tfplugin5.Provider/PlanResourceChange", session);
    stream.on("error", () => {});
    stream.write(framed(bytesOf("PlanResourceChange")).subarray(0, 9));
    const silent = connectTcp(other.port, "127.0.0.1");
    await once(silent, "connect");
    expect((await other.call("PlanResourceChange", sound.PlanResourceChange)).diagnostics).toEqual([]);
    await other.close();
    session.destroy();
    silent.destroy();
  });

  it.each([
    ["nothing", ""],
    ["half of what a client says first", "PRI * HTT"],
    ["another start than HTTP/2's", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"],
    ["a frame of no kind", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"],
    ["a handshake of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000"],
    ["HTTP/1", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ])("that begin with %s are no event", async (_what, text) => {
    const socket = connectTcp(plugin.port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.end(Buffer.from(text, "latin1"));
    socket.resume();
    await once(socket, "close");
  });
});
