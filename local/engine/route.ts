import { errorResponse, type RestHandler, StatusError } from "../wire/rest";
import { CONTROL } from "./control";
import { STORAGE_PATHS } from "./storage";

/** The surfaces behind the engine's one port. */
export interface Surfaces {
  readonly control: RestHandler;
  readonly firestore: RestHandler;
  readonly pubsub: RestHandler;
  readonly scheduler: RestHandler;
  readonly tasks: RestHandler;
  readonly workflows: RestHandler;
  readonly storage: RestHandler;
  /** Jobs of Cloud Run. */
  readonly runJobs: RestHandler;
  readonly issuer: RestHandler;
  /** Requests to targets, under `/targets/{name}`. */
  readonly targets: RestHandler;
}

/** Each surface by the paths that are its own. */
const ROUTES: readonly (readonly [keyof Surfaces, RegExp])[] = [
  ["control", new RegExp(`^${CONTROL}(/|$)`)],
  ["firestore", /^\/(v1|emulator\/v1)\/projects\/[^/]+\/databases\//],
  ["pubsub", /^\/v1\/projects\/[^/]+\/(topics|subscriptions|snapshots|schemas)([/:]|$)/],
  ["scheduler", /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/jobs([/:]|$)/],
  ["tasks", /^\/v2\/projects\/[^/]+\/locations\/[^/]+\/queues([/:]|$)/],
  ["workflows", /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/workflows([/:]|$)/],
  ["storage", STORAGE_PATHS],
  ["runJobs", /^\/v2\/projects\/[^/]+\/locations\/[^/]+\/(jobs|operations)([/:]|$)/],
  ["issuer", /^\/(jwks|\.well-known\/openid-configuration|v1\/projects\/[^/]+\/serviceAccounts\/[^/]+)$/],
  ["targets", /^\/targets\//],
];

const surfaceOf = (path: string) => ROUTES.find(([, pattern]) => pattern.test(path))?.[0];

/** Whether one of Google's APIs is served at a path. */
export const servesGoogle = (path: string): boolean => {
  const name = surfaceOf(path);
  return name !== undefined && !["control", "issuer", "targets"].includes(name);
};

/** Sends a request to the surface that its path belongs to. */
export const route =
  (surfaces: Surfaces): RestHandler =>
  async (request) => {
    const name = surfaceOf(request.path);
    if (name) return surfaces[name](request);
    return errorResponse(new StatusError("NOT_FOUND", `nothing is served at ${request.path}`));
  };
