import { WorkflowError } from "../../../language/workflows/error";
import { isMap, type Value } from "../../../language/workflows/value";
import { servesGoogle } from "../../../local/engine/route";
import { connectorNames, connectorStub } from "../../../local/engine/workflows/connectors";
import type { HttpRequest } from "../../../local/engine/workflows/http";

const answers = (...bodies: readonly unknown[]) => {
  const requests: HttpRequest[] = [];
  const pauses: number[] = [];
  const transport = async (request: HttpRequest) => {
    const body = bodies[Math.min(requests.length, bodies.length - 1)];
    requests.push(request);
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(body)) };
  };
  const around = { serves: servesGoogle, pause: async (ms: number) => void pauses.push(ms) };
  const call = (name: string, args: Readonly<Record<string, Value>>) =>
    connectorStub(`googleapis.${name}`, transport, around)!(new Map(Object.entries(args)));
  return { requests, pauses, call };
};

const JOB = "projects/p/locations/europe-west1/jobs/report";
const RUN = "run.v2.projects.locations.jobs.run";
const OPERATION = "projects/p/locations/europe-west1/operations/7";

describe("a connector of a service that the engine runs", () => {
  it("has a surface that answers for it, as far as there is one", () => {
    const around = { serves: servesGoogle, pause: async () => {} };
    const transport = async () => ({ status: 200, headers: {}, body: new Uint8Array() });
    const unanswered = connectorNames.filter((name) => !connectorStub(name, transport, around));
    // The first version of Cloud Run's API is not served.
    expect(unanswered).toEqual(["googleapis.run.v1.namespaces.jobs.run"]);
    expect(connectorStub("googleapis.translate.v2.translations.translate", transport, around)).toBeUndefined();
  });

  it("is a request: arguments of its path, a body, and the rest as a query", async () => {
    const { requests, call } = answers({ fields: {} });
    await call("firestore.v1.projects.databases.documents.patch", {
      name: "projects/p/databases/(default)/documents/a/b c",
      body: new Map<string, Value>([["fields", new Map()]]),
      "updateMask.fieldPaths": ["x"],
    });
    expect(requests[0]).toMatchObject({
      method: "PATCH",
      url: "https://firestore.googleapis.com/v1/projects/p/databases/(default)/documents/a/b%20c?updateMask.fieldPaths=x",
      auth: { type: "OAuth2" },
    });
    expect(Buffer.from(requests[0]!.body!).toString()).toBe('{"fields":{}}');
  });

  it("waits for an operation, looking less and less often", async () => {
    const { requests, pauses, call } = answers(
      { name: OPERATION, done: false },
      { name: OPERATION },
      { name: OPERATION, done: true, response: { succeededCount: 3 } },
    );
    expect(await call(RUN, { name: JOB })).toEqual(new Map([["succeededCount", 3n]]));
    expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      `POST /v2/${JOB}:run`,
      `GET /v2/${OPERATION}`,
      `GET /v2/${OPERATION}`,
    ]);
    expect(pauses).toEqual([1_000, 1_250]);
  });

  it("does not wait where it is told so", async () => {
    const { pauses, call } = answers({ name: OPERATION, done: false });
    const params = new Map([["skip_polling", true]]);
    expect(await call(RUN, { name: JOB, connector_params: params })).toEqual(
      new Map<string, Value>([
        ["name", OPERATION],
        ["done", false],
      ]),
    );
    expect(pauses).toEqual([]);
  });

  it("raises OperationError for an operation that failed", async () => {
    const { call } = answers({ name: OPERATION, done: true, error: { code: 2, message: "a task failed" } });
    const error: unknown = await Promise.resolve(call(RUN, { name: JOB })).catch((caught: unknown) => caught);
    const value = (error as WorkflowError).value;
    expect(isMap(value) && value.get("tags")).toEqual(["OperationError"]);
    expect(isMap(value) && value.get("message")).toBe("OperationError: a task failed");
  });
});
