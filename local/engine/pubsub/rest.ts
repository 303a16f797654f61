import { fromProtoJson, type ProtoJson, ProtoJsonError, toProtoJson } from "../../wire/proto-json";
import { errorResponse, jsonResponse, type RestHandler, type RestRequest, StatusError } from "../../wire/rest";
import type { ServiceImplementation } from "../../wire/service";
import type { Root } from "protobufjs/light";

interface Route {
  readonly method: string;
  /** Resource in the path, then the verb after the colon, if any. */
  readonly path: RegExp;
  readonly rpc: string;
  readonly request: string;
  readonly service: "publisher" | "subscriber";
  /** What of the path, the query and the body makes the request. */
  readonly make: (path: readonly string[], body: ProtoJson, query: ProtoJson) => ProtoJson;
}

const NAME = (kind: string) => `(projects/[^/:]+/${kind}/[^/:]+)`;
const at = (kind: string, verb = "") => new RegExp(`^/v1/${NAME(kind)}${verb && `:${verb}`}$`);
const list = (kind: string) => new RegExp(`^/v1/(projects/[^/:]+)/${kind}$`);

const named = (field: string) => (path: readonly string[], body: ProtoJson) => ({ ...body, [field]: path[0]! });
const listed = (field: string) => (path: readonly string[], _body: ProtoJson, query: ProtoJson) => ({
  ...query,
  [field]: path[0]!,
});

/** HTTP bindings of google/pubsub/v1/pubsub.proto. */
const ROUTES: readonly Route[] = [
  {
    method: "PUT",
    path: at("topics"),
    rpc: "CreateTopic",
    request: "Topic",
    service: "publisher",
    make: named("name"),
  },
  {
    method: "PATCH",
    path: at("topics"),
    rpc: "UpdateTopic",
    request: "UpdateTopicRequest",
    service: "publisher",
    make: ([name], body) => ({ ...body, topic: { ...(body["topic"] as ProtoJson), name } }),
  },
  {
    method: "POST",
    path: at("topics", "publish"),
    rpc: "Publish",
    request: "PublishRequest",
    service: "publisher",
    make: named("topic"),
  },
  {
    method: "GET",
    path: at("topics"),
    rpc: "GetTopic",
    request: "GetTopicRequest",
    service: "publisher",
    make: named("topic"),
  },
  {
    method: "DELETE",
    path: at("topics"),
    rpc: "DeleteTopic",
    request: "DeleteTopicRequest",
    service: "publisher",
    make: named("topic"),
  },
  {
    method: "GET",
    path: list("topics"),
    rpc: "ListTopics",
    request: "ListTopicsRequest",
    service: "publisher",
    make: listed("project"),
  },
  {
    method: "GET",
    path: new RegExp(`^/v1/${NAME("topics")}/subscriptions$`),
    rpc: "ListTopicSubscriptions",
    request: "ListTopicSubscriptionsRequest",
    service: "publisher",
    make: listed("topic"),
  },
  {
    method: "GET",
    path: new RegExp(`^/v1/${NAME("topics")}/snapshots$`),
    rpc: "ListTopicSnapshots",
    request: "ListTopicSnapshotsRequest",
    service: "publisher",
    make: listed("topic"),
  },
  {
    method: "POST",
    path: at("subscriptions", "detach"),
    rpc: "DetachSubscription",
    request: "DetachSubscriptionRequest",
    service: "publisher",
    make: named("subscription"),
  },
  {
    method: "PUT",
    path: at("subscriptions"),
    rpc: "CreateSubscription",
    request: "Subscription",
    service: "subscriber",
    make: named("name"),
  },
  {
    method: "PATCH",
    path: at("subscriptions"),
    rpc: "UpdateSubscription",
    request: "UpdateSubscriptionRequest",
    service: "subscriber",
    make: ([name], body) => ({ ...body, subscription: { ...(body["subscription"] as ProtoJson), name } }),
  },
  ...(
    [
      ["GET", "", "GetSubscription", "GetSubscriptionRequest"],
      ["DELETE", "", "DeleteSubscription", "DeleteSubscriptionRequest"],
      ["POST", "pull", "Pull", "PullRequest"],
      ["POST", "acknowledge", "Acknowledge", "AcknowledgeRequest"],
      ["POST", "modifyAckDeadline", "ModifyAckDeadline", "ModifyAckDeadlineRequest"],
      ["POST", "modifyPushConfig", "ModifyPushConfig", "ModifyPushConfigRequest"],
      ["POST", "seek", "Seek", "SeekRequest"],
    ] as const
  ).map(([method, verb, rpc, request]): Route => ({
    method,
    path: at("subscriptions", verb),
    rpc,
    request,
    service: "subscriber",
    make: named("subscription"),
  })),
  {
    method: "GET",
    path: list("subscriptions"),
    rpc: "ListSubscriptions",
    request: "ListSubscriptionsRequest",
    service: "subscriber",
    make: listed("project"),
  },
  {
    method: "PUT",
    path: at("snapshots"),
    rpc: "CreateSnapshot",
    request: "CreateSnapshotRequest",
    service: "subscriber",
    make: named("name"),
  },
  {
    method: "GET",
    path: at("snapshots"),
    rpc: "GetSnapshot",
    request: "GetSnapshotRequest",
    service: "subscriber",
    make: named("snapshot"),
  },
  {
    method: "DELETE",
    path: at("snapshots"),
    rpc: "DeleteSnapshot",
    request: "DeleteSnapshotRequest",
    service: "subscriber",
    make: named("snapshot"),
  },
  {
    method: "GET",
    path: list("snapshots"),
    rpc: "ListSnapshots",
    request: "ListSnapshotsRequest",
    service: "subscriber",
    make: listed("project"),
  },
];

/** The REST surface of Pub/Sub: the same methods as gRPC, found by path. */
export function pubsubRest(
  root: Root,
  services: { readonly publisher: ServiceImplementation; readonly subscriber: ServiceImplementation },
): RestHandler {
  return async (request) => {
    const path = decoded(request.path);
    const route = ROUTES.find((candidate) => candidate.method === request.method && candidate.path.test(path));
    if (!route)
      return errorResponse(
        new StatusError("NOT_FOUND", `${request.method} ${request.path} is not part of the Pub/Sub API`),
      );
    try {
      const type = root.lookupType(`google.pubsub.v1.${route.request}`);
      const given = route.make(route.path.exec(path)!.slice(1), bodyOf(request), queryOf(request));
      // Through the message and back: names, types and enums are checked once, for both surfaces.
      const checked = toProtoJson(type, fromProtoJson(type, given));
      const handle = services[route.service].unary[route.rpc]!;
      return jsonResponse(await handle(checked, { signal: request.signal, headers: request.headers }));
    } catch (error) {
      if (error instanceof StatusError) return errorResponse(error);
      if (error instanceof ProtoJsonError) return errorResponse(new StatusError("INVALID_ARGUMENT", error.message));
      throw error;
    }
  };
}

/** A path that is no percent-encoded UTF-8 names nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

function bodyOf({ body }: RestRequest): ProtoJson {
  if (body.length === 0) return {};
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new ProtoJsonError(`Invalid JSON payload received. ${(error as Error).message}`);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as ProtoJson;
  throw new ProtoJsonError("Invalid JSON payload received. The request must be an object");
}

const queryOf = ({ query }: RestRequest): ProtoJson =>
  Object.fromEntries([...query].filter(([name]) => name === "pageSize" || name === "pageToken"));
