import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IConstruct } from "constructs";
import type { ContractManifest } from "../../contract/contract";
import { CONTRACTS_FILE, type ContractsDocument } from "../../contract/contracts-file";
import type { AnyContract } from "./derive";

const CONTRACTS = Symbol.for("millrace/contracts");

/** The book hangs on its stack: contracts by their hashes. */
const bookOf = (stack: IConstruct & { [CONTRACTS]?: Map<string, ContractManifest> }) =>
  (stack[CONTRACTS] ??= new Map<string, ContractManifest>());

/** Remembers the contract of a handler that a stack deploys. */
export const noteContract = (stack: IConstruct, { hash, manifest }: AnyContract): void =>
  void bookOf(stack).set(hash, manifest);

/** Writes the contracts of a stack's handlers to its folder, for commands that are about handlers and not resources. */
export function writeContracts(stack: IConstruct, directory: string): void {
  const contracts = Object.fromEntries([...bookOf(stack)].sort(([a], [b]) => (a < b ? -1 : 1)));
  const document: ContractsDocument = { schemaVersion: 1, stack: stack.node.id, contracts };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, CONTRACTS_FILE), `${JSON.stringify(document, null, 2)}\n`);
}
