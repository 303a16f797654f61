import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Fn, Lazy, TerraformLocal, TerraformOutput, TerraformResource, TerraformVariable, Token } from "cdktf";
import { BigQueryDataset, FirestoreDatabase, MillraceStack, Subscription, Topic } from "../../../constructs";
import { EXAMPLES, synthesizeExample } from "../../support/examples";
import { handlersOf, testContract } from "../../support/handlers";
import { project } from "../../support/project";
import { STACK } from "../../support/synth";
import { SPECIMENS } from "../reach/specimens";

/** Leaves all of it to cdktf. */
const PLAIN = { "millrace:render": "cdktf" };

/** The plans below a folder as text, by stack. */
const plansIn = (outdir: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(outdir, "stacks")).map((stack) => [
      stack,
      readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"),
    ]),
  );

/** What an app writes: with cdktf's own rendering, and with ours. */
function bothWays(build: (app: App) => void) {
  const [plain, ours] = [PLAIN, {}].map((context) => {
    const outdir = project({}, "cdktf.out");
    const app = new App({ outdir, context: { "millrace:today": "2026-11-24", ...context } });
    build(app);
    app.synth();
    return plansIn(outdir);
  });
  return { plain: plain!, ours: ours! };
}

const stackOf = (app: App, environment = "dev") => new MillraceStack(app, { ...STACK, environment, handlersDir });
const handlersDir = handlersOf(testContract());

/** A resource whose arguments are whatever the test wants. */
class Anything extends TerraformResource {
  constructor(
    scope: MillraceStack,
    id: string,
    private readonly values: Record<string, unknown>,
  ) {
    super(scope, id, { terraformResourceType: "google_anything" });
  }
  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return this.values;
  }
}

describe("a plan rendered here", () => {
  it.each(EXAMPLES)("of the example %s is cdktf's, byte for byte", (name) => {
    const ours = plansIn(synthesizeExample(name).outdir);
    expect(Object.keys(ours).length).toBeGreaterThan(0);
    expect(ours).toEqual(plansIn(synthesizeExample(name, { context: PLAIN }).outdir));
  });

  it.each(SPECIMENS.map((build, index) => [index + 1, build] as const))(
    "of specimen %i of every construct is cdktf's, byte for byte",
    (_number, build) => {
      const { plain, ours } = bothWays((app) => build(stackOf(app)));
      expect(ours).toEqual(plain);
    },
  );

  it("of stacks that refer to each other is cdktf's, byte for byte", () => {
    const { plain, ours } = bothWays((app) => {
      const [producer, consumer, idle] = ["dev", "prod", "test"].map((environment) => stackOf(app, environment));
      const topic = new Topic(producer!, "Topic");
      const dataset = new BigQueryDataset(producer!, "Dataset");
      new Subscription(consumer!, "Subscription", { topic, deadLetter: false });
      new TerraformOutput(consumer!, "Dataset", { value: dataset.resource.datasetId });
      new FirestoreDatabase(idle!, "Store");
    });
    expect(ours["web-prod"]).toContain("cross-stack-reference-input-web-dev");
    expect(ours["web-dev"]).toContain("cross-stack-output-google_pubsub_topic");
    expect(ours).toEqual(plain);
  });

  it("of tokens of every kind, overrides and text that looks like either is cdktf's, byte for byte", () => {
    const { plain, ours } = bothWays((app) => {
      const stack = stackOf(app);
      const variable = new TerraformVariable(stack, "Size", { type: "number", default: 3 });
      const local = new TerraformLocal(stack, "Names", { first: "a", list: ["a", variable.numberValue] });
      const topic = new Topic(stack, "Topic");
      const other = new Anything(stack, "Other", { name: "other" });
      new Anything(stack, "Tokens", {
        text: `before ${topic.resource.id} after ${topic.resource.name}`,
        number: variable.numberValue,
        sum: Fn.sum([1, variable.numberValue]),
        inText: `n=${variable.numberValue}`,
        list: Fn.split(",", topic.resource.name),
        lists: [Fn.split(",", topic.resource.name), ["a", undefined, null, topic.resource.id]],
        numbers: Token.asNumberList(variable.value),
        map: Token.asStringMap(variable.value),
        anyMap: Token.asAnyMap(variable.value),
        local: local.expression,
        lazy: Lazy.anyValue({ produce: () => ({ at: [topic.resource.id], none: undefined }) }),
        lazyText: Lazy.stringValue({ produce: () => `lazily ${topic.resource.id}` }),
        [`key-${Token.asString(topic.resource.id)}`]: 1,
        nested: { empty: {}, none: [], zero: 0, minus: -1.5, no: false, nothing: null, missing: undefined },
      });
      new Anything(stack, "Text", {
        expression: "${google_anything.Other.id}",
        escaped: "$${literal} and %%{if}",
        almost: "TfToken[TOKEN.0] {TfToken and #{",
        hash: "26e420e6692420dd 1e5 3E+289 -1.8",
        lines: 'one\ntwo\t"three" \\ \u2028',
        json: JSON.stringify({ a: "${b}" }),
      });
      other.addOverride("lifecycle.ignore_changes", ["name"]);
      other.addOverride("labels", { owner: topic.resource.name });
      topic.resource.addOverride("message_retention_duration", undefined);
      new TerraformOutput(stack, "Id", { value: topic.resource.id, sensitive: true });
      stack.addOverride("terraform.required_version", ">= 1.5");
      stack.addOverride("locals.extra", topic.resource.id);
      stack.addOverride("resource.google_anything.Other", { added: true });
    });
    expect(ours).toEqual(plain);
    expect(Object.values(ours)[0]).toContain("before ${google_pubsub_topic.");
  });
});

describe("what cdktf refuses", () => {
  const circle: Record<string, unknown> = {};
  circle["itself"] = { again: circle };

  it.each<[string, (stack: MillraceStack) => Record<string, unknown>]>([
    ["a function", () => ({ run: () => 1 })],
    ["a construct", (stack) => ({ it: new Topic(stack, "Topic") })],
    ["a circle", () => ({ circle })],
    ["a list of a token as text", (stack) => ({ text: Fn.split(",", new Topic(stack, "Topic").resource.name)[0] })],
  ])("is refused in its words, with its place: %s", (_what, values) => {
    const [plain, ours] = [PLAIN, {}].map((context) => {
      const app = new App({ outdir: project({}, "cdktf.out"), context });
      const stack = stackOf(app);
      new Anything(stack, "Wrong", values(stack));
      try {
        app.synth();
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing was refused";
    });
    expect(ours).toMatch(/resol|encoded|call stack/i);
    expect(ours).toBe(plain);
  });
});
