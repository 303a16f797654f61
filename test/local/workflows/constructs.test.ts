import { App } from "cdktf";
import { Bucket, every, MillraceStack, Topic, WorkflowOrchestrator } from "../../../constructs";
import { workflow } from "../../../constructs/workflows/builder";
import { type Engine, startEngine } from "../../../local/engine/engine";
import { project } from "../../support/project";
import { STACK } from "../../support/synth";

/* What starts a workflow, from the construct to the execution: the plan that is run is the one that is deployed. */

interface Given {
  readonly type: string;
  readonly data: { readonly name: string; readonly message: { readonly data: string } };
}

let engine: Engine;
let names: { readonly topic: string; readonly bucket: string; readonly flow: string };

beforeAll(async () => {
  const outDir = project({}, "cdktf.out");
  const app = new App({ outdir: outDir });
  const stack = new MillraceStack(app, { ...STACK, deletionProtection: false });
  const placed = new Topic(stack, "Placed");
  const incoming = new Bucket(stack, "Incoming");
  const flow = new WorkflowOrchestrator(stack, "Orders", {
    definition: workflow<Given>("event", (w, event) => w.return("done", event)),
    events: {
      placed: { event: { on: "message-published", topic: placed } },
      uploaded: { event: { on: "object-finalized", bucket: incoming } },
    },
    schedules: { nightly: { schedule: every.day("03:00"), timeZone: "Europe/Berlin", argument: { full: true } } },
  });
  app.synth();
  names = { topic: placed.name, bucket: incoming.name, flow: flow.name };
  engine = await startEngine({ outDir, stack: stack.node.id, stateDir: project({}, "state"), ephemeral: true });
});
afterAll(() => engine.stop());

/** What the executions were given, the last first, once all of them have ended well. */
async function given(): Promise<readonly unknown[]> {
  expect(await engine.idle()).toBe(true);
  const executions = engine.workflows.list(names.flow);
  expect(executions.map(({ state }) => state)).toEqual(executions.map(() => "SUCCEEDED"));
  return executions.map(({ argument, result }) => {
    expect(JSON.parse(result!)).toEqual(JSON.parse(argument));
    return JSON.parse(argument) as unknown;
  });
}

describe("a workflow of the constructs, on the engine,", () => {
  it("has nothing that its plan lacks", () => expect(engine.warnings).toEqual([]));

  it("is executed with a message of a topic by its trigger", async () => {
    engine.pubsub.publish(names.topic, [{ data: Buffer.from("o-1"), attributes: { kind: "paid" } }]);
    expect(await given()).toMatchObject([
      {
        type: "google.cloud.pubsub.topic.v1.messagePublished",
        data: { message: { data: Buffer.from("o-1").toString("base64"), attributes: { kind: "paid" } } },
      },
    ]);
  });

  it("is executed with an object of a bucket by its trigger", async () => {
    engine.storage.insert(names.bucket, "in.csv", Buffer.from("1"));
    expect(await given()).toContainEqual(expect.objectContaining({ type: "google.cloud.storage.object.v1.finalized" }));
  });

  it("is executed with the argument of its schedule, when the clock comes to it", async () => {
    const before = (await given()).length;
    await engine.advance(86_400_000);
    const after = await given();
    expect(after).toHaveLength(before + 1);
    expect(after).toContainEqual({ full: true });
  });
});
