import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DefaultTokenResolver, StringConcat, type TerraformResource, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";
import { type GrantRecord, GRANTS_FILE, type GrantsDocument } from "../../contract/grants";

/** A grant made; what must wait for it depends on `resource`. */
export interface Grant {
  readonly record: GrantRecord;
  readonly resource: TerraformResource;
}

type Entry = Grant & { readonly reasons: string[] };

/** A stack's grants. */
class Book {
  /** By resource, role, principal and condition. */
  readonly entries = new Map<string, Entry>();
  /** By principal, and by resource: rules ask for those of one workload, and there are many workloads. */
  private readonly shelves = new Map<string, GrantRecord[]>();

  get(key: string): Entry | undefined {
    return this.entries.get(key);
  }

  add(key: string, entry: Entry): void {
    this.entries.set(key, entry);
    const { principal, resource } = entry.record;
    for (const shelf of new Set([principal, resource])) {
      const records = this.shelves.get(shelf);
      if (records) records.push(entry.record);
      else this.shelves.set(shelf, [entry.record]);
    }
  }

  /** Grants to a principal or on a resource. */
  about(name: string): readonly GrantRecord[] {
    return this.shelves.get(name) ?? [];
  }
}

const BOOK = Symbol.for("millrace/grants");

/** The book hangs on its stack. */
export const bookOf = (stack: IConstruct & { [BOOK]?: Book }): Book => (stack[BOOK] ??= new Book());

/** The records of a stack's book, sorted. */
export function recordsOf(stack: IConstruct): readonly GrantRecord[] {
  const entries = [...bookOf(stack).entries];
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { record }]) => record);
}

/** Writes a stack's grants to its folder; references stand as they do in the plan. */
export function writeGrants(stack: IConstruct, directory: string): void {
  const resolver = new DefaultTokenResolver(new StringConcat());
  const grants = Tokenization.resolve(recordsOf(stack), { scope: stack, resolver, preparing: false }) as GrantRecord[];
  const document: GrantsDocument = { schemaVersion: 1, stack: stack.node.id, grants };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, GRANTS_FILE), `${JSON.stringify(document, null, 2)}\n`);
}
