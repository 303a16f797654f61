import type { Root } from "protobufjs/light";
import { fromProtoJson, type ProtoJson, ProtoJsonError, toProtoJson } from "../../wire/proto-json";
import { errorResponse, jsonResponse, type RestHandler, type RestRequest, StatusError } from "../../wire/rest";
import type { ServiceImplementation } from "../../wire/service";

const QUEUES = "projects/[^/:]+/locations/[^/:]+/queues";
const QUEUE = `(${QUEUES}/[^/:]+)`;
const TASK = `(${QUEUES}/[^/:]+/tasks/[^/:]+)`;

/** HTTP bindings of google/cloud/tasks/v2/cloudtasks.proto: method, path, RPC, and the field that the path fills. */
const ROUTES: readonly (readonly ["GET" | "POST" | "DELETE", RegExp, string, "name" | "parent"])[] = [
  ["GET", /^\/v2\/(projects\/[^/:]+\/locations\/[^/:]+)\/queues$/, "ListQueues", "parent"],
  ["GET", new RegExp(`^/v2/${QUEUE}$`), "GetQueue", "name"],
  ["DELETE", new RegExp(`^/v2/${QUEUE}$`), "DeleteQueue", "name"],
  ["POST", new RegExp(`^/v2/${QUEUE}:purge$`), "PurgeQueue", "name"],
  ["POST", new RegExp(`^/v2/${QUEUE}:pause$`), "PauseQueue", "name"],
  ["POST", new RegExp(`^/v2/${QUEUE}:resume$`), "ResumeQueue", "name"],
  ["GET", new RegExp(`^/v2/${QUEUE}/tasks$`), "ListTasks", "parent"],
  ["POST", new RegExp(`^/v2/${QUEUE}/tasks$`), "CreateTask", "parent"],
  ["GET", new RegExp(`^/v2/${TASK}$`), "GetTask", "name"],
  ["DELETE", new RegExp(`^/v2/${TASK}$`), "DeleteTask", "name"],
  ["POST", new RegExp(`^/v2/${TASK}:run$`), "RunTask", "name"],
];

/** The REST surface of Cloud Tasks: the same methods as gRPC, found by path. */
export function tasksRest(root: Root, { unary }: ServiceImplementation): RestHandler {
  return async (request) => {
    const [, pattern, rpc, field] =
      ROUTES.find(([method, path]) => method === request.method && path.test(request.path)) ?? [];
    try {
      if (!pattern)
        throw new StatusError(
          "NOT_FOUND",
          `${request.method} ${request.path} is not served: the plan makes the queues`,
        );
      const type = root.lookupType(`google.cloud.tasks.v2.${rpc}Request`);
      const given = { ...bodyOf(request), ...queryOf(request), [field!]: pattern.exec(request.path)![1]! };
      // Through the message and back: names, types and enums are checked once, for both surfaces.
      const checked = toProtoJson(type, fromProtoJson(type, given));
      return jsonResponse(await unary[rpc!]!(checked, { signal: request.signal, headers: request.headers }));
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      if (error instanceof ProtoJsonError) return errorResponse(new StatusError("INVALID_ARGUMENT", error.message));
      throw error;
    }
  };
}

function bodyOf({ body }: RestRequest): ProtoJson {
  if (body.length === 0) return {};
  try {
    const json: unknown = JSON.parse(body.toString("utf8"));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as ProtoJson;
  } catch (error) {
    throw new ProtoJsonError(`Invalid JSON payload received. ${(error as Error).message}`);
  }
  throw new ProtoJsonError("Invalid JSON payload received. The request must be an object");
}

const PARAMETERS = new Set(["pageSize", "pageToken", "responseView"]);
const queryOf = ({ query }: RestRequest): ProtoJson =>
  Object.fromEntries([...query].filter(([name]) => PARAMETERS.has(name)));
