import { type RestHandler, STATUS } from "../wire/rest";
import type { PushRequest, PushTransport } from "./delivery";
import type { Events } from "./events";
import { membersOf } from "./grants";
import type { System } from "./system";

/** One of Google's own APIs that the engine answers itself: a call of it goes nowhere else. */
export interface GoogleApi {
  readonly host: string;
  readonly rest: RestHandler;
  /** Members that may make the call; undefined for a call that asks for nothing here. */
  readonly allowed: (
    request: { readonly path: string; readonly body: Buffer },
    system: System,
  ) => readonly string[] | undefined;
}

export interface GoogleApisOptions {
  readonly apis: readonly GoogleApi[];
  readonly system: () => System;
  readonly events: Events;
  /** Takes what is for no API. */
  readonly otherwise: PushTransport;
}

/**
 * Calls of Google's APIs by Cloud Scheduler and others of the engine: as the account whose access token they carry, if
 * it may. https://cloud.google.com/scheduler/docs/http-target-auth
 */
export function callGoogleApis({ apis, system, events, otherwise }: GoogleApisOptions): PushTransport {
  return async (request) => {
    const url = URL.canParse(request.endpoint) ? new URL(request.endpoint) : undefined;
    const api = apis.find(({ host }) => host === url?.hostname);
    if (!api || !url) return otherwise(request);
    const path = url.pathname;
    const refused = refusal(request, api.allowed({ path, body: request.body }, system()));
    if (refused) {
      events.emit({ type: "refused", target: `${url.host}${path}`, status: refused.status, reason: refused.reason });
      return { kind: "status", status: refused.status };
    }
    const { status } = await api.rest({
      method: request.method ?? "POST",
      path,
      query: url.searchParams,
      headers: request.headers,
      body: request.body,
      signal: new AbortController().signal,
    });
    return { kind: "status", status };
  };
}

function refusal({ oauth, oidc }: PushRequest, allowed: readonly string[] | undefined) {
  if (!oauth) {
    const reason = oidc ? "an identity token is no access token: Google's APIs want oauth_token" : "no access token";
    return { status: STATUS.UNAUTHENTICATED.http, reason };
  }
  const member = `serviceAccount:${oauth.serviceAccountEmail}`;
  if (allowed === undefined || allowed.includes(member)) return undefined;
  return { status: STATUS.PERMISSION_DENIED.http, reason: `${oauth.serviceAccountEmail} may not do this` };
}

/** Cloud Run's Admin API. */
export const runApi = (rest: RestHandler): GoogleApi => ({
  host: "run.googleapis.com",
  rest,
  allowed({ path, body }, { grants }) {
    const job = /^\/v2\/(projects\/[^/:]+\/locations\/[^/:]+\/jobs\/[^/:]+):run$/.exec(path)?.[1];
    if (job === undefined) return undefined;
    const overrides = body.toString("utf8").includes('"overrides"');
    return membersOf(grants, overrides ? "runJobWithOverrides" : "runJob", job);
  },
});

/** The API that starts executions of workflows. */
export const workflowsApi = (rest: RestHandler): GoogleApi => ({
  host: "workflowexecutions.googleapis.com",
  rest,
  allowed({ path }, { grants }) {
    const workflow = /^\/v1\/(projects\/[^/:]+\/locations\/[^/:]+\/workflows\/[^/:]+)\/executions$/.exec(path)?.[1];
    return workflow === undefined ? undefined : membersOf(grants, "execute", workflow);
  },
});
