import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContractManifest } from "./contract";

/** File beside a stack's plan with the contracts of its handlers: a plan names them by their hashes alone. */
export const CONTRACTS_FILE = "contracts.json";

/** Content of the file. */
export interface ContractsDocument {
  readonly schemaVersion: 1;
  readonly stack: string;
  /** By the hash that the plan's variables name, sorted. */
  readonly contracts: Readonly<Record<string, ContractManifest>>;
}

/** What synthesis has written beside a stack's plan; undefined when there is no such file, or none that can be read. */
export const contractsBeside = (outDir: string, stack: string): ReadonlyMap<string, ContractManifest> | undefined =>
  contractsIn(join(outDir, "stacks", stack));

/** The same, by the folder of the plan. */
export function contractsIn(directory: string): ReadonlyMap<string, ContractManifest> | undefined {
  const file = join(directory, CONTRACTS_FILE);
  if (!existsSync(file)) return undefined;
  try {
    const document = JSON.parse(readFileSync(file, "utf8")) as Partial<ContractsDocument>;
    return document.schemaVersion === 1 ? new Map(Object.entries(document.contracts ?? {})) : undefined;
  } catch {
    return undefined;
  }
}
