import type { Path } from "./replace";

/** What the provider tells Terraform, which shows it with the address of the resource and the line of the document. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
  readonly path?: Path;
}

export const failure = (summary: string, detail = "", path?: Path): Diagnostic => ({
  severity: "error",
  summary,
  detail,
  ...(path && { path }),
});
