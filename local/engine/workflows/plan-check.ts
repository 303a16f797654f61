import type { Issue } from "../../../contract/issue";
import { calleesOf, type Callee } from "../../../language/workflows/callees";
import { checkSource } from "../../../language/workflows/check";
import { covers, needOf } from "../../../language/workflows/permissions";
import type { GrantDraft, WorkflowDraft } from "../draft";
import type { WorkflowConfig } from "./types";

/** A request that a step makes, for whoever knows the plan's targets. */
export interface PlannedRequest {
  readonly path: string;
  readonly url: string;
  /** Whom its token is of; undefined without one. */
  readonly email: string | undefined;
}

/** By the grants of a plan: what is wrong with a workflow of it, and the requests it makes whose URL is known. */
export type WorkflowReading = (grants: readonly GrantDraft[]) => {
  readonly issues: readonly Issue[];
  readonly requests: readonly PlannedRequest[];
};

export function readWorkflowResource({ config, resource }: WorkflowDraft): WorkflowReading {
  const where = `${resource.stack}/${resource.address}`;
  const { workflow, faults } = checkSource(config.source);
  const issues = faults.map(({ at, path, ...fault }): Issue => ({
    ...fault,
    path: `${where}.source_contents:${at.line}:${at.column}${path === "" ? "" : ` ${path}`}`,
  }));
  if (!workflow) return () => ({ issues, requests: [] });
  const callees = calleesOf(workflow, environmentOf(config));
  const requests = callees.flatMap((callee) => {
    const url = callee.args.url;
    if (callee.kind !== "http" || !url || !/^https?:\/\/[^/]+/.test(url.text)) return [];
    // Google's own APIs are no targets of a plan.
    if (/^https:\/\/[^/]*googleapis\.com/.test(url.text)) return [];
    const email = callee.auth?.type === "OIDC" ? config.serviceAccountEmail : undefined;
    return [{ path: `${where} ${callee.path}`, url: url.text, email }];
  });
  return (grants) => ({ issues: [...issues, ...missingRoles(callees, config, grants, where)], requests });
}

function environmentOf({ name, env, projectNumber }: WorkflowConfig) {
  const [, project = "", , location = ""] = name.split("/");
  return {
    ...env,
    GOOGLE_CLOUD_PROJECT_ID: project,
    GOOGLE_CLOUD_PROJECT_NUMBER: projectNumber,
    GOOGLE_CLOUD_LOCATION: location,
  };
}

/** One for each role: a definition that logs in every step lacks one role. */
function missingRoles(
  callees: readonly Callee[],
  { name, serviceAccountEmail }: WorkflowConfig,
  grants: readonly GrantDraft[],
  where: string,
): readonly Issue[] {
  if (serviceAccountEmail === undefined) return [];
  const project = name.split("/")[1]!;
  const member = `serviceAccount:${serviceAccountEmail}`;
  const holds = (role: string, on: string) =>
    grants.some((grant) => grant.role === role && grant.on === on && grant.member === member);
  const missing = new Map<string, Issue>();
  for (const callee of callees) {
    const need = needOf(callee, project);
    if (!need || covers(need, project, holds)) continue;
    const [role] = need.roles;
    const key = `${role} ${need.on}`;
    if (missing.has(key)) continue;
    missing.set(key, {
      code: "MR6106",
      severity: "warning",
      path: `${where} ${callee.path}`,
      problem: `${serviceAccountEmail} may not do what ${callee.function} does to ${need.on}; Google answers 403`,
      fix: `grant ${role} on it to the workflow's identity`,
    });
  }
  return [...missing.values()];
}
