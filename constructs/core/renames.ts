import { type TerraformStack, TerraformResource } from "cdktf";
import { makeUniqueId } from "cdktf/lib/private/unique";
import type { IConstruct } from "constructs";
import { addIssue } from "./issues";

/** What constructs were called before: paths below the stack, `{ "Shop/Orders": "Orders" }`. */
export type Renames = Readonly<Record<string, string>>;

/** The path that a construct had before; its own when neither it nor anything around it was renamed. */
export function formerPath(path: readonly string[], renames: Renames): readonly string[] {
  for (let length = path.length; length > 0; length--) {
    const former = renames[path.slice(0, length).join("/")];
    if (former !== undefined) return [...former.split("/"), ...path.slice(length)];
  }
  return path;
}

/** Tells Terraform that what was renamed is what it knows under another address. A stack without renames stays as it is. */
export function moveRenamed(stack: TerraformStack, renames: Renames): void {
  if (Object.keys(renames).length === 0) return;
  const moved = stack.node
    .findAll()
    .filter((node) => TerraformResource.isTerraformResource(node))
    .flatMap((resource) => {
      const path = pathBelow(stack, resource);
      const former = formerPath(path, renames);
      if (former === path) return [];
      const type = resource.terraformResourceType;
      return [{ from: `${type}.${makeUniqueId([...former])}`, to: `${type}.${resource.friendlyUniqueId}` }];
    })
    .filter(({ from, to }) => from !== to);
  stack.addOverride("moved", moved);
}

/** Reports renames of what is not there, and from what still is. */
export function checkRenames(stack: IConstruct, renames: Renames): void {
  const at = (path: string): IConstruct | undefined =>
    path.split("/").reduce<IConstruct | undefined>((node, id) => node?.node.tryFindChild(id), stack);
  for (const [path, former] of Object.entries(renames)) {
    if (at(path) === undefined)
      addIssue(stack, "MR1007", { problem: `renamedFrom names "${path}", and there is no such construct`, got: path });
    if (at(former) !== undefined)
      addIssue(stack, "MR1008", {
        problem: `"${path}" is renamed from "${former}", which is still there`,
        got: former,
      });
  }
}

const pathBelow = (stack: IConstruct, construct: IConstruct): readonly string[] =>
  construct.node.scopes.slice(construct.node.scopes.indexOf(stack) + 1).map(({ node }) => node.id);
