import * as fc from "fast-check";
import { z } from "zod";
import { all, any, attribute, attributesOf, type Filter, not, Subscription, Topic } from "../../../constructs";
import { defineTopic } from "../../../contract/topic";
import { parseFilter, printFilter } from "../../../language/filter";
import { codesOf, plan } from "../../support/synth";

const filtered = (filter: Filter | string) => (stack: ConstructorParameters<typeof Topic>[0]) =>
  new Subscription(stack, "S", { topic: new Topic(stack, "T"), filter, deadLetter: false });

describe("a filter", () => {
  it.each<[Filter, string]>([
    [attribute("event").is("push"), 'attributes.event = "push"'],
    [attribute("event").isNot("push"), 'attributes.event != "push"'],
    [attribute("event").exists(), "attributes:event"],
    [attribute("repo").startsWith("acme/"), 'hasPrefix(attributes.repo, "acme/")'],
    [attribute("event").isOneOf("push"), 'attributes.event = "push"'],
    [attribute("event").isOneOf("push", "issues"), 'attributes.event = "push" OR attributes.event = "issues"'],
    [not(attribute("a").exists()), "NOT attributes:a"],
    [
      all(attribute("a").is("1"), any(attribute("b").is("2"), attribute("c").is("3"))),
      'attributes.a = "1" AND (attributes.b = "2" OR attributes.c = "3")',
    ],
    [
      all(all(attribute("a").exists(), attribute("b").exists()), attribute("c").exists()),
      "attributes:a AND attributes:b AND attributes:c",
    ],
    [attribute("iana.org/language_tag").is("en"), 'attributes."iana.org/language_tag" = "en"'],
    [attribute("quote").is('"\\'), 'attributes.quote = "\\"\\\\"'],
  ])("of %j reads %s", (filter, text) => {
    expect(plan(filtered(filter)).one("google_pubsub_subscription")["filter"]).toBe(text);
  });

  it("knows the attributes of a topic that says them", () => {
    const topic = defineTopic({
      name: "order-placed",
      schema: z.object({ tier: z.enum(["gold", "silver"]), region: z.string() }),
      attributes: ({ tier, region }) => ({ tier, region }),
    });
    const the = attributesOf(topic);
    const filter = all(the("tier").isOneOf("gold", "silver"), the("region").startsWith("eu"));
    expect(printFilter(filter)).toBe(
      '(attributes.tier = "gold" OR attributes.tier = "silver") AND hasPrefix(attributes.region, "eu")',
    );
    // @ts-expect-error no publisher sets it
    the("teir").exists();
    // @ts-expect-error no order has it
    the("tier").is("bronze");
    // @ts-expect-error no order has it
    the("tier").isOneOf("gold", "bronze");
  });

  it("with a literal ${ is none of Terraform's business", () => {
    const { one } = plan(filtered(attribute("price").is("${x}")));
    expect(one("google_pubsub_subscription")["filter"]).toBe('attributes.price = "$${x}"');
  });

  it("built by hand of any conditions is one that Pub/Sub reads the same way", () => {
    const text = fc.string({ maxLength: 8 });
    const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        fc.tuple(text, text).map(([key, value]) => attribute(key).is(value)),
        fc.tuple(text, text).map(([key, value]) => attribute(key).startsWith(value)),
        text.map((key) => attribute(key).exists()),
        tie("filter").map(not),
        fc.tuple(tie("filter"), tie("filter")).map(([a, b]) => all(a, b)),
        fc.tuple(tie("filter"), tie("filter")).map(([a, b]) => any(a, b)),
      ),
    }));
    fc.assert(
      fc.property(filter, (built) => {
        const printed = printFilter(built);
        fc.pre(Buffer.byteLength(printed) <= 256);
        expect(parseFilter(printed)).toEqual({ ok: true, filter: built });
      }),
    );
  });

  it("longer than 256 bytes is an error, counted in bytes", () => {
    const ofLength = (bytes: number, letter: string) => {
      const frame = Buffer.byteLength('attributes.k = ""');
      return `attributes.k = "${letter.repeat((bytes - frame) / Buffer.byteLength(letter))}"`;
    };
    expect(codesOf(filtered(ofLength(256, "x")))).toEqual([]);
    expect(codesOf(filtered(ofLength(257, "x")))).toEqual(["MR1117"]);
    expect(codesOf(filtered(ofLength(257, "é")))).toEqual(["MR1117"]);
  });

  it.each(["attributes.a = 'x'", 'attributes.a = "x" AND attributes.b = "y" OR attributes:c', "data = 1", ""])(
    "that does not parse is an error: %s",
    (text) => {
      expect(codesOf(filtered(text))).toEqual(["MR1118"]);
    },
  );
});
