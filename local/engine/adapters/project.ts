import type { Adapter, Reader } from "./adapter";
import { digits } from "./common";

const serviceAccount: Adapter = {
  type: "google_service_account",
  runs: true,
  honoured: ["account_id", "project"],
  inert: ["create_ignore_already_exists", "description", "disabled", "display_name", "timeouts"],
  computed(read) {
    const email = `${read.required("account_id")}@${read.project}.iam.gserviceaccount.com`;
    const name = `projects/${read.project}/serviceAccounts/${email}`;
    return {
      project: read.project,
      id: name,
      name,
      email,
      member: `serviceAccount:${email}`,
      // Google gives 21 digits.
      unique_id: digits(name, 21),
    };
  },
  contribute(read, _resource, draft) {
    draft.accounts.add(read.required("email"));
  },
};

/** Domains of the service agents, by API. https://cloud.google.com/iam/docs/service-agents */
const AGENT_DOMAINS: Readonly<Record<string, string>> = {
  "cloudfunctions.googleapis.com": "gcf-admin-robot",
  "dataflow.googleapis.com": "dataflow-service-producer-prod",
  "run.googleapis.com": "serverless-robot-prod",
  "storage.googleapis.com": "gs-project-accounts",
  "monitoring.googleapis.com": "gcp-sa-monitoring-notification",
};

/** The name of an API is the name of its agent, a handful aside. */
const agentEmail = (read: Reader, api: string): string =>
  `service-${read.projectNumber}@${AGENT_DOMAINS[api] ?? `gcp-sa-${api.replace(/\.googleapis\.com$/, "")}`}.iam.gserviceaccount.com`;

const serviceIdentity: Adapter = {
  type: "google_project_service_identity",
  computed(read) {
    const email = agentEmail(read, read.required("service"));
    return {
      project: read.project,
      id: `projects/${read.project}/services/${read.required("service")}`,
      email,
      member: `serviceAccount:${email}`,
    };
  },
};

const projectService: Adapter = {
  type: "google_project_service",
  computed: (read) => ({ project: read.project, id: `${read.project}/${read.required("service")}` }),
};

const project: Adapter = {
  type: "data.google_project",
  computed(read) {
    const id = read.text("project_id") ?? read.project;
    return { id: `projects/${id}`, project_id: id, name: id, number: read.projectNumber };
  },
};

const clientConfig: Adapter = {
  type: "data.google_client_config",
  computed: (read) => ({ id: "local", project: read.project, region: read.region, access_token: "local" }),
};

const storageAgent: Adapter = {
  type: "data.google_storage_project_service_account",
  computed(read) {
    const email = agentEmail(read, "storage.googleapis.com");
    return { id: email, email_address: email, member: `serviceAccount:${email}` };
  },
};

const bigQueryAgent: Adapter = {
  type: "data.google_bigquery_default_service_account",
  computed(read) {
    const email = `bq-${read.projectNumber}@bigquery-encryption.iam.gserviceaccount.com`;
    return { id: email, email, member: `serviceAccount:${email}` };
  },
};

export const projectAdapters: readonly Adapter[] = [
  serviceAccount,
  serviceIdentity,
  projectService,
  project,
  clientConfig,
  storageAgent,
  bigQueryAgent,
];
