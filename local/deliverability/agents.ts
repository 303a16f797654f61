/** Google's own identities, by API. https://cloud.google.com/iam/docs/service-agents */
const DOMAINS = {
  pubsub: { api: "pubsub.googleapis.com", domain: "gcp-sa-pubsub" },
  eventarc: { api: "eventarc.googleapis.com", domain: "gcp-sa-eventarc" },
  run: { api: "run.googleapis.com", domain: "serverless-robot-prod" },
  functions: { api: "cloudfunctions.googleapis.com", domain: "gcf-admin-robot" },
  tasks: { api: "cloudtasks.googleapis.com", domain: "gcp-sa-cloudtasks" },
  scheduler: { api: "cloudscheduler.googleapis.com", domain: "gcp-sa-cloudscheduler" },
  workflows: { api: "workflows.googleapis.com", domain: "gcp-sa-workflows" },
  dataflow: { api: "dataflow.googleapis.com", domain: "dataflow-service-producer-prod" },
  compute: { api: "compute.googleapis.com", domain: "compute-system" },
  storage: { api: "storage.googleapis.com", domain: "gs-project-accounts" },
  notifications: { api: "monitoring.googleapis.com", domain: "gcp-sa-monitoring-notification" },
} as const;

export type Agent = keyof typeof DOMAINS | "bigquery";

export const agentEmail = (agent: Agent, projectNumber: string): string =>
  agent === "bigquery"
    ? `bq-${projectNumber}@bigquery-encryption.iam.gserviceaccount.com`
    : `service-${projectNumber}@${DOMAINS[agent].domain}.iam.gserviceaccount.com`;

/** The API whose agent an e-mail is; undefined for anybody else. */
export function apiOfAgent(email: string): string | undefined {
  if (/^bq-.+@bigquery-encryption\.iam\.gserviceaccount\.com$/.test(email)) return "bigquery.googleapis.com";
  const domain = /^service-.+@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1];
  if (domain === undefined) return undefined;
  const known = Object.values(DOMAINS).find((one) => one.domain === domain);
  return known?.api ?? (domain.startsWith("gcp-sa-") ? `${domain.slice("gcp-sa-".length)}.googleapis.com` : undefined);
}

/** What runs as nobody in particular runs as this account. https://cloud.google.com/compute/docs/access/service-accounts#default_service_account */
export const isDefaultAccount = (email: string): boolean =>
  /^[^@]+-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$/.test(email);
