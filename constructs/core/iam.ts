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

const PUBLIC = Symbol.for("millrace/public");

/** Notes that a grant to everybody is meant: then it is a warning, to be acknowledged with a reason. */
export const markPublic = (resource: TerraformResource): void =>
  void Object.defineProperty(resource, PUBLIC, { value: true });

/** `invoker_iam_disabled`, set on a service or over it: as good as a grant to everybody. */
function opensInvoker(resource: TerraformResource): boolean {
  const { invokerIamDisabledInput: set, rawOverrides } = resource as TerraformResource & {
    readonly invokerIamDisabledInput?: unknown;
    readonly rawOverrides?: Readonly<Record<string, unknown>>;
  };
  return set === true || rawOverrides?.["invoker_iam_disabled"] === true;
}

/**
 * What no IAM resource of a stack may do, whether `grant` made it or somebody put the low-level resource into the tree.
 * Called at synth.
 */
export function checkIam(stack: IConstruct): void {
  for (const node of stack.node.findAll()) {
    if (!TerraformResource.isTerraformResource(node)) continue;
    const type = node.terraformResourceType;
    if (opensInvoker(node))
      addIssue(node, "MR1020", { problem: `${type} asks nobody for the invoker role, so anybody could call it` });
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
    if (open.length > 0 && PUBLIC in node)
      addIssue(node, "MR1027", { problem: "everybody on the internet may call it", got: open.join(", ") }, "warning");
    else if (open.length > 0)
      addIssue(node, "MR1020", {
        problem: `${type} lets ${open.join(" and ")} in, so anybody could use the resource`,
        got: open.join(", "),
      });
  }
}
