type SchemaIssue = {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
};

/** What is wrong with a value by a Standard Schema, without the value. */
export const describeIssues = (issues: readonly SchemaIssue[]): string => issues.map(describeIssue).join("; ");

function describeIssue({ path = [], message }: SchemaIssue): string {
  const where = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return where ? `${where}: ${message}` : message;
}
