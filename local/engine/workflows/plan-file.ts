import { dirname } from "node:path";
import type { Issue } from "../../../contract/issue";
import { makePlan } from "../../plan/plan";
import type { Attributes } from "../../plan/values";
import { completeByAdapter } from "../adapters";
import { systemOf } from "../system";

/** What is wrong with the workflows of a Terraform document, as far as the document itself says it. */
export function checkTerraformJson(json: Attributes, file: string): readonly Issue[] {
  const plan = makePlan([{ stack: file, directory: dirname(file), json }], completeByAdapter);
  const { issues } = systemOf(plan.resources, plan.projectNumber);
  const about = `${file}/google_workflows_workflow.`;
  return [...plan.issues, ...issues].filter(({ path, code }) => path.startsWith(about) && !FIDELITY.has(code));
}

/** What does not happen on a laptop is no fault of a definition. */
const FIDELITY: ReadonlySet<string> = new Set(["MR4016", "MR4017"]);
