import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { ProjectService } from "../l1/provider";
import { MillraceStack } from "./stack";

/** A Google API, for example `pubsub.googleapis.com`. */
export type Api = `${string}.googleapis.com`;

/**
 * Enables an API for the stack's project, once per stack, and never disables it on destroy: other stacks of the
 * project may use it. Terraform sees no edge between an API and the resources behind it, so those depend on what this
 * returns.
 */
export function enableApi(construct: Construct, api: Api): ITerraformDependable {
  const stack = MillraceStack.of(construct);
  const apis = stack.node.tryFindChild("Apis") ?? new Construct(stack, "Apis");
  const id = api.replace(".googleapis.com", "");
  return (
    (apis.node.tryFindChild(id) as ProjectService | undefined) ??
    new ProjectService(apis, id, { project: stack.context.projectId, service: api, disableOnDestroy: false })
  );
}
