import { type ITerraformDependable, TerraformElement, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";

/**
 * The dependables that a construct can wait for in Terraform: those of its own stack. Stacks are applied one after the
 * other, so what belongs to another one is there before.
 */
export const ofSameStack = (
  construct: IConstruct,
  dependables: readonly ITerraformDependable[],
): ITerraformDependable[] => {
  const stack = TerraformStack.of(construct);
  return dependables.filter((one) => !TerraformElement.isTerraformElement(one) || one.cdktfStack === stack);
};
