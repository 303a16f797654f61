import { TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";
import { addIssue } from "./issues";

/**
 * What no IAM resource of a stack may do, whether `grant` made it or somebody put the low-level resource into the tree.
 * Called at synth.
 */
export function checkIam(stack: IConstruct): void {
  for (const node of stack.node.findAll()) {
    if (!TerraformResource.isTerraformResource(node)) continue;
    const type = node.terraformResourceType;
    if (/_iam_(binding|policy)$/.test(type))
      addIssue(node, "MR1024", { problem: `${type} removes every member it does not name` }, "warning");
    const { memberInput, membersInput } = node as { memberInput?: unknown; membersInput?: unknown };
    const open = [memberInput, membersInput]
      .flat()
      .filter((member) => /^all(Authenticated)?Users$/.test(String(member)));
    if (open.length > 0 && type.includes("_iam_"))
      addIssue(node, "MR1020", {
        problem: `${type} lets ${open.join(" and ")} in, so anybody could use the resource`,
        got: open.join(", "),
      });
  }
}
