import type { WorkflowConfig } from "../workflows/types";
import type { Adapter, Reader } from "./adapter";
import { digits, labelled } from "./common";
import { observed, type Written } from "./observed";

/** The name, or one that begins as it should. */
function nameOf(read: Reader): string {
  const name = read.text("name");
  if (name) return name;
  const prefix = read.text("name_prefix") ?? "terraform-";
  return `${prefix}${digits(`${read.resource.stack}/${read.resource.address}`, 9)}`;
}

/** A name, an e-mail, or the full name of an account: `projects/{project}/serviceAccounts/{email}`. */
const emailOf = (account: string | undefined): string | undefined => account?.split("/").at(-1) || undefined;

const workflow: Adapter = {
  type: "google_workflows_workflow",
  runs: true,
  honoured: ["name", "name_prefix", "project", "region", "source_contents", "service_account", "user_env_vars"],
  inert: [
    "call_log_level",
    "crypto_key_name",
    "deletion_protection",
    "description",
    "execution_history_level",
    "labels",
    "tags",
    "timeouts",
  ],
  computed(read) {
    const name = nameOf(read);
    return {
      project: read.project,
      region: read.region,
      name,
      id: `projects/${read.project}/locations/${read.region}/workflows/${name}`,
      state: "ACTIVE",
      revision_id: `000001-${digits(name, 3)}`,
      ...labelled(read),
    };
  },
  contribute: (read, resource, draft) => void draft.workflows.push({ resource, config: workflowConfig(read) }),
  observe(read, { workflows }) {
    const config = workflowConfig(read);
    const found = workflows.workflows().find((one) => one.config.name === config.name);
    return observed(config, found?.config, WORKFLOW_ATTRIBUTES);
  },
};

function workflowConfig(read: Reader): WorkflowConfig {
  const serviceAccountEmail = emailOf(read.text("service_account"));
  return {
    name: read.required("id"),
    source: read.required("source_contents"),
    ...(serviceAccountEmail !== undefined && { serviceAccountEmail }),
    projectNumber: read.projectNumber,
    env: read.textMap("user_env_vars"),
  };
}

const WORKFLOW_ATTRIBUTES: Written<WorkflowConfig> = {
  source: (source_contents) => ({ source_contents }),
  serviceAccountEmail: (service_account = "") => ({ service_account }),
  env: (user_env_vars) => ({ user_env_vars }),
};

export const workflowsAdapters: readonly Adapter[] = [workflow];
