import { Schema, type SchemaProps, Topic } from "../../../constructs";
import { codesOf, issuesOf, plan } from "../../support/synth";

const AVRO = JSON.stringify({ type: "record", name: "Order", fields: [{ name: "id", type: "string" }] });
const PROTO = 'syntax = "proto3"; message Order { string id = 1; }';

describe("a schema", () => {
  it.each<[SchemaProps, string]>([
    [{ type: "avro", definition: AVRO }, "AVRO"],
    [{ type: "protobuf", definition: PROTO }, "PROTOCOL_BUFFER"],
  ])("of %j is what messages of its topic must follow", (props, type) => {
    const { one, address } = plan((stack) => {
      const schema = new Schema(stack, "Order", props);
      new Topic(stack, "Orders", { schema: { schema } });
    });
    expect(one("google_pubsub_schema")).toMatchObject({
      name: "web-dev-order",
      type,
      definition: props.definition,
      lifecycle: { prevent_destroy: true },
    });
    expect(one("google_pubsub_topic")["schema_settings"]).toEqual({
      schema: `\${${address("google_pubsub_schema")}.id}`,
      encoding: "JSON",
    });
  });

  it("can be binary, and made elsewhere", () => {
    const { one } = plan((stack) => {
      const schema = Schema.fromExisting(stack, "Order", "projects/other/schemas/order");
      new Topic(stack, "Orders", { schema: { schema, encoding: "binary" } });
    });
    expect(one("google_pubsub_topic")["schema_settings"]).toEqual({
      schema: "projects/other/schemas/order",
      encoding: "BINARY",
    });
  });

  it("with a literal ${ is none of Terraform's business", () => {
    const definition = JSON.stringify({ type: "record", name: "O", doc: "${x}", fields: [] });
    const { one } = plan((stack) => new Schema(stack, "Order", { type: "avro", definition }));
    expect(one("google_pubsub_schema")["definition"]).toContain('"$${x}"');
  });

  it.each<SchemaProps>([
    { type: "avro", definition: "{" },
    { type: "avro", definition: '{"type":"record","name":"Order","fields":[{"name":"id","type":"text"}]}' },
    { type: "protobuf", definition: "message Order { string id = ; }" },
  ])("that does not parse is an error: %j", (props) => {
    expect(issuesOf((stack) => new Schema(stack, "Order", props))).toMatchObject([
      { code: "MR1105", problem: expect.stringContaining(`the ${props.type} schema does not parse: `) },
    ]);
  });

  it("made elsewhere needs its full name", () => {
    expect(codesOf((stack) => Schema.fromExisting(stack, "Order", "order"))).toEqual(["MR1103"]);
  });
});
