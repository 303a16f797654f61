import { runtimeError, WorkflowError } from "../../../language/workflows/error";
import { isMap, type Value, type ValueMap } from "../../../language/workflows/value";
import { asMap, fromJson, toJson } from "./data";
import type { Stub } from "./execution";
import { httpCall, type Transport } from "./http";
import { asString } from "./text";

/**
 * Connectors whose services the engine runs, as requests: `{name}` is an argument, slashes in it and all. Everything
 * else that is given goes into the query. From Google's discovery documents of each service.
 */
const REQUESTS: Readonly<Record<string, `${"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} https://${string}`>> = {
  "pubsub.v1.projects.topics.create": "PUT https://pubsub.googleapis.com/v1/{name}",
  "pubsub.v1.projects.topics.get": "GET https://pubsub.googleapis.com/v1/{topic}",
  "pubsub.v1.projects.topics.list": "GET https://pubsub.googleapis.com/v1/{project}/topics",
  "pubsub.v1.projects.topics.publish": "POST https://pubsub.googleapis.com/v1/{topic}:publish",
  "pubsub.v1.projects.topics.delete": "DELETE https://pubsub.googleapis.com/v1/{topic}",
  "pubsub.v1.projects.subscriptions.get": "GET https://pubsub.googleapis.com/v1/{subscription}",
  "pubsub.v1.projects.subscriptions.pull": "POST https://pubsub.googleapis.com/v1/{subscription}:pull",
  "pubsub.v1.projects.subscriptions.acknowledge": "POST https://pubsub.googleapis.com/v1/{subscription}:acknowledge",
  "cloudtasks.v2.projects.locations.queues.get": "GET https://cloudtasks.googleapis.com/v2/{name}",
  "cloudtasks.v2.projects.locations.queues.pause": "POST https://cloudtasks.googleapis.com/v2/{name}:pause",
  "cloudtasks.v2.projects.locations.queues.resume": "POST https://cloudtasks.googleapis.com/v2/{name}:resume",
  "cloudtasks.v2.projects.locations.queues.purge": "POST https://cloudtasks.googleapis.com/v2/{name}:purge",
  "cloudtasks.v2.projects.locations.queues.tasks.create": "POST https://cloudtasks.googleapis.com/v2/{parent}/tasks",
  "cloudtasks.v2.projects.locations.queues.tasks.get": "GET https://cloudtasks.googleapis.com/v2/{name}",
  "cloudtasks.v2.projects.locations.queues.tasks.list": "GET https://cloudtasks.googleapis.com/v2/{parent}/tasks",
  "cloudtasks.v2.projects.locations.queues.tasks.delete": "DELETE https://cloudtasks.googleapis.com/v2/{name}",
  "cloudtasks.v2.projects.locations.queues.tasks.run": "POST https://cloudtasks.googleapis.com/v2/{name}:run",
  "cloudscheduler.v1.projects.locations.jobs.get": "GET https://cloudscheduler.googleapis.com/v1/{name}",
  "cloudscheduler.v1.projects.locations.jobs.list": "GET https://cloudscheduler.googleapis.com/v1/{parent}/jobs",
  "cloudscheduler.v1.projects.locations.jobs.run": "POST https://cloudscheduler.googleapis.com/v1/{name}:run",
  "cloudscheduler.v1.projects.locations.jobs.pause": "POST https://cloudscheduler.googleapis.com/v1/{name}:pause",
  "cloudscheduler.v1.projects.locations.jobs.resume": "POST https://cloudscheduler.googleapis.com/v1/{name}:resume",
  "firestore.v1.projects.databases.documents.get": "GET https://firestore.googleapis.com/v1/{name}",
  "firestore.v1.projects.databases.documents.list": "GET https://firestore.googleapis.com/v1/{parent}/{collectionId}",
  "firestore.v1.projects.databases.documents.createDocument":
    "POST https://firestore.googleapis.com/v1/{parent}/{collectionId}",
  "firestore.v1.projects.databases.documents.patch": "PATCH https://firestore.googleapis.com/v1/{name}",
  "firestore.v1.projects.databases.documents.delete": "DELETE https://firestore.googleapis.com/v1/{name}",
  "firestore.v1.projects.databases.documents.runQuery": "POST https://firestore.googleapis.com/v1/{parent}:runQuery",
  "firestore.v1.projects.databases.documents.batchGet":
    "POST https://firestore.googleapis.com/v1/{database}/documents:batchGet",
  "firestore.v1.projects.databases.documents.beginTransaction":
    "POST https://firestore.googleapis.com/v1/{database}/documents:beginTransaction",
  "firestore.v1.projects.databases.documents.commit":
    "POST https://firestore.googleapis.com/v1/{database}/documents:commit",
  "firestore.v1.projects.databases.documents.rollback":
    "POST https://firestore.googleapis.com/v1/{database}/documents:rollback",
  "storage.v1.objects.get": "GET https://storage.googleapis.com/storage/v1/b/{bucket}/o/{object!}",
  "storage.v1.objects.list": "GET https://storage.googleapis.com/storage/v1/b/{bucket}/o",
  "storage.v1.objects.insert": "POST https://storage.googleapis.com/upload/storage/v1/b/{bucket}/o",
  "storage.v1.objects.delete": "DELETE https://storage.googleapis.com/storage/v1/b/{bucket}/o/{object!}",
  "run.v2.projects.locations.jobs.run": "POST https://run.googleapis.com/v2/{name}:run",
  "run.v2.projects.locations.jobs.get": "GET https://run.googleapis.com/v2/{name}",
  "run.v1.namespaces.jobs.run": "POST https://run.googleapis.com/apis/run.googleapis.com/v1/{name}:run",
  "workflowexecutions.v1.projects.locations.workflows.executions.create":
    "POST https://workflowexecutions.googleapis.com/v1/{parent}/executions",
  "workflowexecutions.v1.projects.locations.workflows.executions.get":
    "GET https://workflowexecutions.googleapis.com/v1/{name}",
  "workflowexecutions.v1.projects.locations.workflows.executions.list":
    "GET https://workflowexecutions.googleapis.com/v1/{parent}/executions",
  "workflowexecutions.v1.projects.locations.workflows.executions.cancel":
    "POST https://workflowexecutions.googleapis.com/v1/{name}:cancel",
};

/** Creates an execution and waits for its result; a helper of Workflows, no method of the API. */
const RUN_WORKFLOW = "workflowexecutions.v1.projects.locations.workflows.executions.run";

const PREFIX = "googleapis.";

/** Connectors that run here where the engine runs their service. */
export const connectorNames: readonly string[] = [...Object.keys(REQUESTS), RUN_WORKFLOW].map((name) => PREFIX + name);

/** The method and path of a connector's request; nothing for a connector that is not in the table. */
export function requestOf(name: string, args: ValueMap): { readonly method: string; readonly url: string } | undefined {
  const line = Object.hasOwn(REQUESTS, name.slice(PREFIX.length)) ? REQUESTS[name.slice(PREFIX.length)] : undefined;
  if (!name.startsWith(PREFIX) || line === undefined) return undefined;
  const [method, template] = line.split(" ") as [string, string];
  const url = template.replace(/\{(\w+)(!?)\}/g, (_, key: string, whole: string) => {
    const text = asString(args.get(key), key);
    // A full name keeps its slashes; an object's name is one part of the path.
    return whole === "" ? text.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(text);
  });
  return { method, url };
}

interface Around {
  readonly serves: (path: string) => boolean;
  readonly pause: (ms: number) => Promise<void>;
}

/** A connector as the engine answers it; nothing where it runs no such service. */
export function connectorStub(name: string, transport: Transport, around: Around): Stub | undefined {
  if (name === PREFIX + RUN_WORKFLOW) return (args) => runWorkflow(args, transport, around.pause);
  const sample = requestOf(name, new Map(placeholders(name)));
  if (!sample || !around.serves(new URL(sample.url).pathname)) return undefined;
  return async (args) => {
    const result = await send(name, args, transport);
    return finished(result, args, transport, around.pause);
  };
}

/** A path of the right form, to learn whether anything answers for it. */
const placeholders = (name: string): (readonly [string, Value])[] => {
  const parent = /projects\.locations\.(\w+)/.exec(name)?.[1];
  const full = `projects/p/locations/l/${parent ?? "x"}/x`;
  const databases = "projects/p/databases/d";
  return [
    ["topic", "projects/p/topics/t"],
    ["subscription", "projects/p/subscriptions/s"],
    ["project", "projects/p"],
    ["database", databases],
    ["collectionId", "c"],
    ["bucket", "b"],
    ["object", "o"],
    [
      "name",
      name.includes("firestore")
        ? `${databases}/documents/c/d`
        : name.includes("topics")
          ? "projects/p/topics/t"
          : full,
    ],
    [
      "parent",
      name.includes("firestore")
        ? `${databases}/documents`
        : name.includes("jobs.list")
          ? "projects/p/locations/l"
          : full,
    ],
  ];
};

/** Arguments of the connector itself, and those that belong to the body and the path. */
const OWN = ["connector_params", "body"];

async function send(name: string, args: ValueMap, transport: Transport): Promise<Value> {
  const { method, url } = requestOf(name, args)!;
  const inPath = [...REQUESTS[name.slice(PREFIX.length)]!.matchAll(/\{(\w+)!?\}/g)].map(([, key]) => key!);
  const query = new Map([...args].filter(([key]) => !inPath.includes(key) && !OWN.includes(key)));
  const body = args.get("body");
  const response = asMap(
    await httpCall(
      "http.request",
      new Map<string, Value>([
        ["method", method],
        ["url", url],
        ["query", query],
        ["auth", OAUTH],
        ...(body === undefined ? [] : ([["body", body]] as const)),
      ]),
      transport,
    ),
    "response",
  );
  return response.get("body") ?? null;
}

const OAUTH: Value = new Map([["type", "OAuth2"]]);

/** Google's own. https://cloud.google.com/workflows/docs/connectors#polling */
const POLLING = { initialMs: 1_000, factor: 1.25, maxMs: 60_000 };

/** A long-running operation as what it comes to, unless the caller does not want to wait. */
async function finished(result: Value, args: ValueMap, transport: Transport, pause: Around["pause"]): Promise<Value> {
  const params = args.get("connector_params");
  if (params !== undefined && isMap(params) && params.get("skip_polling") === true) return result;
  let operation = result;
  for (
    let wait: number = POLLING.initialMs;
    isOperation(operation);
    wait = Math.min(POLLING.maxMs, wait * POLLING.factor)
  ) {
    if (operation.get("done") === true) return outcomeOf(operation);
    await pause(wait);
    const url = `https://run.googleapis.com/v2/${asString(operation.get("name"), "name")}`;
    const response = asMap(
      await httpCall(
        "http.get",
        new Map<string, Value>([
          ["url", url],
          ["auth", OAUTH],
        ]),
        transport,
      ),
      "response",
    );
    operation = response.get("body") ?? null;
  }
  return operation;
}

const isOperation = (value: Value): value is ValueMap =>
  isMap(value) && typeof value.get("name") === "string" && /\/operations\/[^/]+$/.test(value.get("name") as string);

function outcomeOf(operation: ValueMap): Value {
  const error = operation.get("error");
  if (error === undefined || error === null) return operation.get("response") ?? null;
  const message = isMap(error) ? error.get("message") : undefined;
  throw runtimeError("OperationError", typeof message === "string" ? message : "the operation failed", { operation });
}

async function runWorkflow(args: ValueMap, transport: Transport, pause: Around["pause"]): Promise<Value> {
  const location = asString(args.get("location"), "location");
  const project = asString(args.get("project_id"), "project_id");
  const parent = `projects/${project}/locations/${location}/workflows/${asString(args.get("workflow_id"), "workflow_id")}`;
  const argument = args.get("argument");
  const executions = `${PREFIX}workflowexecutions.v1.projects.locations.workflows.executions`;
  const body = new Map<string, Value>(argument === undefined ? [] : [["argument", toJson(argument)]]);
  const begun = asMap(
    await send(
      `${executions}.create`,
      new Map<string, Value>([
        ["parent", parent],
        ["body", body],
      ]),
      transport,
    ),
    "execution",
  );
  for (let wait: number = POLLING.initialMs; ; wait = Math.min(POLLING.maxMs, wait * POLLING.factor)) {
    const one = asMap(await send(`${executions}.get`, new Map([["name", begun.get("name")!]]), transport), "execution");
    const state = one.get("state");
    if (state === "SUCCEEDED") return fromJson(asString(one.get("result") ?? "null", "result"));
    if (state !== "ACTIVE")
      throw new WorkflowError(
        new Map<string, Value>([
          [
            "message",
            `OperationError: the execution ${asString(begun.get("name"), "name")} has ended as ${typeof state === "string" ? state : "unknown"}`,
          ],
          ["tags", ["OperationError"]],
          ["operation", one],
        ]),
      );
    await pause(wait);
  }
}
