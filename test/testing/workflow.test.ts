import { IssuesError } from "../../contract/issue";
import { add, eq, gt, text, workflow } from "../../constructs/workflows/builder";
import { httpError, runWorkflow, workflowCoverage, workflowError } from "../../testing";

const reminder = workflow<{ readonly id: string; readonly amount: number }>("order", (w, order) => {
  const { tries } = w.assign("init", { tries: 0 });
  w.sleep("week", "7d");
  w.try(
    "remind",
    (w) => {
      w.set("count", [tries, add(tries, 1)]);
      w.http("send", { url: "https://mail.example.com/send", body: { id: order.id } });
    },
    {
      retry: { on: "transient", maxRetries: 3, initialDelay: "2s", multiplier: 2 },
      except: (w, error) => {
        w.log("tell", text`not sent: ${error.code}`, "ERROR");
        w.return("gave_up", "not sent");
      },
    },
  );
  w.switch("size", [
    [gt(order.amount, 100), (w) => w.return("large", "sent, large")],
    [eq(order.amount, 0), (w) => w.raise("nothing", { reason: "empty" })],
  ]);
  return "sent";
});

const order = { id: "o-1", amount: 7 };

describe("a definition under test", () => {
  it("takes no time, and says what it did", async () => {
    const run = await runWorkflow(reminder, {
      argument: order,
      stubs: {
        "main/send": [
          () => {
            throw httpError(503);
          },
          () => {
            throw workflowError({ tags: ["ConnectionError"], message: "broken" });
          },
          () => ({ code: 200 }),
        ],
      },
    });
    expect(run).toMatchObject({
      state: "SUCCEEDED",
      result: "sent",
      error: undefined,
      retries: [2, 4],
      seconds: 604_806,
      variables: { order, tries: 3 },
      logs: [],
    });
    expect(run.steps.filter((step) => step === "main/count")).toHaveLength(3);
    expect(run.calls.filter(({ step }) => step === "main/send")[0]).toEqual({
      function: "http.post",
      step: "main/send",
      args: { url: "https://mail.example.com/send", body: { id: "o-1" } },
    });
  });

  it("fails with what was raised", async () => {
    const run = await runWorkflow(reminder, { argument: { ...order, amount: 0 }, stubs: { "http.post": () => null } });
    expect(run).toMatchObject({ state: "FAILED", result: undefined, error: { reason: "empty" } });
  });

  it("shows what is logged, and what an error that is not retried comes to", async () => {
    const stubs = {
      "http.post": () => {
        throw httpError(404, { why: "gone" });
      },
    };
    const run = await runWorkflow(reminder, { argument: order, stubs });
    expect(run).toMatchObject({
      result: "not sent",
      retries: [],
      logs: [{ severity: "ERROR", entry: "not sent: 404" }],
    });
  });

  it("gathers the coverage of several runs", async () => {
    const coverage = workflowCoverage(reminder);
    await runWorkflow(reminder, { argument: order, stubs: { "http.post": () => null }, coverage });
    expect(coverage.steps()).toMatchObject({
      taken: 7,
      missed: ["main/tell", "main/gave_up", "main/large", "main/nothing"],
    });
    expect(coverage.branches()).toEqual({
      taken: 1,
      all: 4,
      missed: ["main/remind: except", "main/size: case 1", "main/size: case 2"],
    });
    await runWorkflow(reminder, { argument: { ...order, amount: 101 }, stubs: { "http.post": () => null }, coverage });
    await runWorkflow(reminder, { argument: { ...order, amount: 0 }, stubs: { "http.post": () => null }, coverage });
    const stubs = {
      "http.post": () => {
        throw httpError(400);
      },
    };
    await runWorkflow("- a: {return: 1}");
    await runWorkflow(reminder, { argument: order, stubs, coverage });
    expect(coverage.branches().missed).toEqual([]);
    expect(coverage.steps().missed).toEqual([]);
  });

  it("ends the test where no stub answers, and where the definition is wrong", async () => {
    await expect(runWorkflow("- a: {call: googleapis.pubsub.v1.projects.topics.publish}")).rejects.toThrow(
      'MR6101 main/a: googleapis.pubsub.v1.projects.topics.publish is not simulated here, and no stub answers for it. give a stub called "googleapis.pubsub.v1.projects.topics.publish"',
    );
    await expect(runWorkflow("- a: {return: '${b}'}")).rejects.toThrow(IssuesError);
  });

  it("answers callbacks that are offered to it never, until they time out", async () => {
    const definition = workflow((w) => {
      const callback = w.createCallback("endpoint");
      w.try("wait", (w) => void w.awaitCallback("answer", callback, "2d"), {
        except: (w, error) => w.return("late", error.tags),
      });
    });
    expect(await runWorkflow(definition)).toMatchObject({ result: ["TimeoutError"], seconds: 172_800 });
  });
});
