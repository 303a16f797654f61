import { requestOf } from "../../../local/engine/tasks/attempt";
import type { QueueRouting, Task } from "../../../local/engine/tasks/types";

const task: Task = {
  name: "projects/p/locations/r/queues/q/tasks/t",
  request: {
    url: "https://own.example.com/own?x=1",
    method: "PUT",
    headers: { a: "own", b: "own" },
    body: "",
    oidc: { serviceAccountEmail: "own@p.iam.gserviceaccount.com", audience: "own" },
  },
  createdMs: 0,
  scheduleMs: 0,
  deadlineMs: 600_000,
  dispatches: 0,
  responses: 0,
  executions: 0,
};
const sent = (routing?: QueueRouting) => requestOf(task, routing);

describe("a queue that says where its tasks go", () => {
  it("sends them there, as whom and how it says", () => {
    const oidc = { serviceAccountEmail: "queue@p.iam.gserviceaccount.com", audience: "queue" };
    const url = { scheme: "HTTPS", host: "queue.example.com", path: "/there" };
    expect(sent({ url, method: "POST", headers: { a: "queue" }, oidc })).toMatchObject({
      endpoint: "https://queue.example.com/there?x=1",
      method: "POST",
      headers: { a: "queue", b: "own" },
      oidc,
    });
    expect(sent({ url: { host: "127.0.0.1", port: "8080", scheme: "HTTP" }, headers: {} }).endpoint).toBe(
      "http://127.0.0.1:8080/own?x=1",
    );
  });

  it("leaves to the task what it does not say", () => {
    expect(sent({ headers: {} })).toEqual(sent());
    expect(sent()).toMatchObject({ endpoint: "https://own.example.com/own?x=1", method: "PUT" });
  });
});
