import type { ITerraformDependable } from "cdktf";
import { allowCall, type IPushTarget, isKnown, type IServiceAccount } from "../core";

/** Where a queue sends its tasks, whatever they say themselves. */
export interface TaskRouting {
  /** What is called. */
  readonly target: IPushTarget;
  /** Identity that calls; it is let invoke the target. Whoever deploys needs actAs on it. */
  readonly as: IServiceAccount;
  /** Path below the target's URL. @default the task's own */
  readonly path?: string;
  /** @default the task's own */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH" | "OPTIONS";
  /** Headers over the task's own. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** `"if-missing"` leaves tasks alone that say what they call. @default "always" */
  readonly enforce?: "always" | "if-missing";
}

/** Service, version and instance of the project's App Engine application that App Engine tasks go to. */
export interface AppEngineRouting {
  readonly service?: string;
  readonly version?: string;
  readonly instance?: string;
}

/** A routing with the roles that it needs in place. */
export interface BoundRouting {
  readonly block: object;
  readonly before: readonly ITerraformDependable[];
}

/** Lets the identity of a routing call its target. */
export function bindRouting(routing: TaskRouting, queue: string): BoundRouting {
  const { target, as, path, method, headers, enforce = "always" } = routing;
  const invoke = allowCall(target, as, { reason: `carries out tasks of ${queue}`, from: "tasks" });
  const url = new URL(isKnown(target.pushEndpoint) ? target.pushEndpoint : target.audience);
  return {
    before: [...target.dependables, ...(invoke ? [invoke.resource] : [])],
    block: {
      httpMethod: method,
      uriOverride: {
        scheme: url.protocol === "http:" ? "HTTP" : "HTTPS",
        host: url.hostname,
        ...(url.port !== "" && { port: url.port }),
        ...(path !== undefined && { pathOverride: { path } }),
        uriOverrideEnforceMode: enforce === "always" ? "ALWAYS" : "IF_NOT_EXISTS",
      },
      headerOverrides: Object.entries(headers ?? {}).map(([key, value]) => ({ header: { key, value } })),
      oidcToken: { serviceAccountEmail: as.emailReference, audience: target.audience },
    },
  };
}
