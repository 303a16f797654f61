/** File beside a stack's plan that says who was granted what, and why: a plan itself has no room for reasons. */
export const GRANTS_FILE = "grants.json";

/** A grant as data, for the report. */
export interface GrantRecord {
  /** IAM member: `serviceAccount:orders-push@my-project.iam.gserviceaccount.com`. */
  readonly principal: string;
  readonly role: string;
  /** Full resource name: `projects/my-project/topics/orders`. */
  readonly resource: string;
  /** Kind of the resource: `topic`. */
  readonly on: string;
  readonly reasons: readonly string[];
  /** CEL that narrows the grant. @default none */
  readonly condition?: string;
  /** Why it is on the project. @default it is on a resource */
  readonly because?: string;
}

/** Content of the file. */
export interface GrantsDocument {
  readonly schemaVersion: 1;
  readonly stack: string;
  /** Sorted by resource, role and principal. */
  readonly grants: readonly GrantRecord[];
}
