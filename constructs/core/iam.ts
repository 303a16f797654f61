import { TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";
import { addIssue } from "./issues";
import { isKnown } from "./tokens";

const EVERYBODY = /^all(Authenticated)?Users$/;
/** https://cloud.google.com/iam/docs/principal-identifiers */
const MEMBER = new RegExp(
  [
    EVERYBODY.source,
    /^(deleted:)?(user|group|serviceAccount):[^\s@:]+@[^\s@]+$/.source,
    /^serviceAccount:[^\s@:]+\.svc\.id\.goog\[[^\s\]]+\]$/.source,
    /^(deleted:)?principal(Set)?:\/\/\S+$/.source,
    /^(domain|projectOwner|projectEditor|projectViewer):\S+$/.source,
  ].join("|"),
);

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
    if (!type.includes("_iam_")) continue;
    const members = [memberInput, membersInput].flat().filter((member) => typeof member === "string");
    const wrong = members.filter((member) => isKnown(member) && !member.includes("${") && !MEMBER.test(member));
    if (wrong.length > 0) {
      const names = wrong.map((member) => `"${member}"`).join(", ");
      addIssue(node, "MR1025", { problem: `${type} names ${names}, whom Google cannot know`, got: wrong.join(", ") });
    }
    const open = members.filter((member) => EVERYBODY.test(member));
    if (open.length > 0)
      addIssue(node, "MR1020", {
        problem: `${type} lets ${open.join(" and ")} in, so anybody could use the resource`,
        got: open.join(", "),
      });
  }
}
