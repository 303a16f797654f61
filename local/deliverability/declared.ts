import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContractManifest } from "../../contract/contract";
import { contractsIn } from "../../contract/contracts-file";
import { GRANTS_FILE, type GrantRecord, type GrantsDocument } from "../../contract/grants";
import type { StackDocument } from "../plan/read";

/** What synthesis has written beside the plans about who is meant to be granted what; other plans have nothing of it. */
export function declaredBeside(documents: readonly StackDocument[]): ReadonlyMap<string, readonly GrantRecord[]> {
  return new Map(
    documents.flatMap(({ stack, directory }) => {
      const grants = grantsIn(join(directory, GRANTS_FILE));
      return grants ? [[stack, grants] as const] : [];
    }),
  );
}

/** The contracts of every stack's handlers, by their hashes. */
export const contractsOf = (documents: readonly StackDocument[]): ReadonlyMap<string, ContractManifest> =>
  new Map(documents.flatMap(({ directory }) => [...(contractsIn(directory) ?? [])]));

function grantsIn(file: string): readonly GrantRecord[] | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const document = JSON.parse(readFileSync(file, "utf8")) as Partial<GrantsDocument>;
    return document.schemaVersion === 1 && Array.isArray(document.grants) ? document.grants : undefined;
  } catch {
    return undefined;
  }
}
