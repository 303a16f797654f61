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

/** A stack's grants, by resource, role, principal and condition. */
type Book = Map<string, Grant & { readonly reasons: string[] }>;

const BOOK = Symbol.for("millrace/grants");

/** The book hangs on its stack. */
export const bookOf = (stack: IConstruct & { [BOOK]?: Book }): Book => (stack[BOOK] ??= new Map());

/** The records of a stack's book, sorted. */
export function recordsOf(stack: IConstruct): readonly GrantRecord[] {
  const entries = [...bookOf(stack).entries()];
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
