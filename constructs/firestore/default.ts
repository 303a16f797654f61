import type { Construct } from "constructs";
import { type AnyContract, MillraceStack } from "../core";
import { FirestoreDatabase, type IFirestoreDatabase } from "./database";

/** Whether a contract keeps anything in a database. */
export const needsStore = ({ manifest }: AnyContract): boolean => manifest.store === "firestore";

/** The stack's own database. One serves all handlers of a stack: records are scoped by the contract's name. */
export function defaultStore(construct: Construct): IFirestoreDatabase {
  const stack = MillraceStack.of(construct);
  return (stack.node.tryFindChild("Store") as FirestoreDatabase | undefined) ?? new FirestoreDatabase(stack, "Store");
}
