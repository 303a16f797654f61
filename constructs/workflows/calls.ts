import type { Construct } from "constructs";
import type { IPushTarget } from "../core";
import type { ITopic } from "../pubsub/topic";
import type { ICloudRunJob } from "../run/job";
import type { IStartableWorkflow } from "../scheduler/targets";
import { type Callee, executionOf, invocationOf, publicationTo, runOf } from "./builder/callee";

/** What a definition that was not built here calls, and its identity must be allowed to. */
export type DeclaredCallee = IPushTarget | ITopic | ICloudRunJob | IStartableWorkflow;

/**
 * Callees by the variable that the definition reads with `sys.get_env`: it holds the URL of a service, a function or an
 * endpoint, the full name of a topic, a job or a workflow.
 */
export type DeclaredCallees = Readonly<Record<string, DeclaredCallee>>;

const isTarget = (callee: DeclaredCallee): callee is IPushTarget => "pushEndpoint" in callee;

/** The roles that a call takes; a job may be run with overrides, and be waited for. */
export function declaredCallee(callee: DeclaredCallee): Callee {
  if (isTarget(callee)) return invocationOf(callee);
  if ("grantPublish" in callee) return publicationTo(callee);
  return "grantRun" in callee ? runOf(callee, true) : executionOf(callee);
}

/** The targets among them, whose URLs are known to Terraform alone. */
export const declaredTargets = (callees: DeclaredCallees): Readonly<Record<string, IPushTarget>> =>
  Object.fromEntries(Object.entries(callees).flatMap(([name, one]) => (isTarget(one) ? [[name, one] as const] : [])));

/** The others, by their full names, which are readable at synth. */
export const declaredNames = (callees: DeclaredCallees): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(callees).flatMap(([name, one]) => (isTarget(one) ? [] : [[name, one.name] as const])),
  );

/** The service or function of the app that answers at a URL which is written out. */
export function targetAt(construct: Construct, url: string | undefined): IPushTarget | undefined {
  if (!url?.startsWith("https://")) return undefined;
  return construct.node.root.node
    .findAll()
    .filter((one): one is typeof one & IPushTarget => "pushEndpoint" in one && "audience" in one)
    .find(({ audience }) => url === audience || url.startsWith(`${audience}/`));
}
