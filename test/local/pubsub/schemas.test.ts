import type { SchemaConfig } from "../../../local/engine/pubsub";
import { startBroker, TOPIC } from "./broker";

const AVRO = JSON.stringify({ type: "record", name: "Order", fields: [{ name: "id", type: "string" }] });
const PROTO =
  'syntax = "proto3"; package shop; message Order { string id = 1; Line line = 2; message Line { int32 n = 1; } }';

const schema = (more: Partial<SchemaConfig> = {}): SchemaConfig => ({
  name: "projects/p/schemas/order",
  type: "AVRO",
  encoding: "JSON",
  definition: AVRO,
  ...more,
});

const proto = (encoding: SchemaConfig["encoding"]) => schema({ type: "PROTOCOL_BUFFER", encoding, definition: PROTO });

describe("a topic with a schema", () => {
  it.each<[string, SchemaConfig, Buffer]>([
    ["Avro as JSON", schema(), Buffer.from('{"id":"o-1"}')],
    ["Avro as bytes", schema({ encoding: "BINARY" }), Buffer.from([2, 0x61])],
    ["Protobuf as JSON", proto("JSON"), Buffer.from('{"id":"o-1","line":{"n":1}}')],
    ["Protobuf as bytes", proto("BINARY"), Buffer.from([10, 1, 0x61, 18, 2, 8, 1])],
  ])("takes what follows it, and says so in the attributes: %s", (_what, config, data) => {
    const bench = startBroker({ topic: { schema: config } });
    bench.pubsub.publish(TOPIC, [{ data, attributes: { own: "yes" } }]);
    expect(bench.take()[0]!.message).toMatchObject({
      data,
      attributes: {
        own: "yes",
        googclient_schemaname: "projects/p/schemas/order",
        googclient_schemaencoding: config.encoding,
        googclient_schemarevisionid: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      },
    });
  });

  it.each<[string, SchemaConfig, Buffer, RegExp]>([
    ["text that is no JSON", schema(), Buffer.from("o-1"), /follow projects\/p\/schemas\/order: it is no JSON$/],
    ["a field that is not there", schema(), Buffer.from("{}"), /id must be text$/],
    ["bytes of Avro that go on", schema({ encoding: "BINARY" }), Buffer.from([2, 0x61, 0]), /1 bytes are left over$/],
    ["a field that Protobuf does not know", proto("JSON"), Buffer.from('{"no":1}'), /Cannot find field/],
    ["bytes of Protobuf that end early", proto("BINARY"), Buffer.from([10, 5, 0x61]), /index out of range/],
    ["text in place of bytes", proto("BINARY"), Buffer.from('{"id":"o-1"}'), /./],
  ])("refuses %s, and all of its request", (_what, config, data, fault) => {
    const bench = startBroker({ topic: { schema: config } });
    expect(() => bench.pubsub.publish(TOPIC, [{ data, attributes: {} }])).toThrow(fault);
    expect(bench.take()).toEqual([]);
  });

  it("asks it of what its transforms have made", () => {
    const code = "function wrap(message) { return { data: JSON.stringify({ id: message.data }) }; }";
    const bench = startBroker({ topic: { schema: schema(), transforms: [{ functionName: "wrap", code }] } });
    bench.publish("o-1");
    expect(bench.texts()).toEqual(['{"id":"o-1"}']);
  });

  it("is refused with a schema that does not parse", () => {
    const bench = startBroker();
    const ensure = (config: SchemaConfig) => bench.pubsub.ensureTopic({ name: TOPIC, schema: config });
    expect(() => ensure(schema({ definition: "{" }))).toThrow(/^the Avro schema does not parse/);
    expect(() => ensure({ ...proto("JSON"), definition: "message A {}  message B {}" })).toThrow(
      "it has 2 messages at its top level, not one",
    );
  });

  it("keeps it over a restart", () => {
    const bench = startBroker({ topic: { schema: schema() } }).restart();
    expect(() => bench.publish("o-1")).toThrow(/it is no JSON/);
  });
});
