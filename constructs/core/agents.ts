import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DataGoogleBigqueryDefaultServiceAccount, DataGoogleStorageProjectServiceAccount } from "../l1/agents";
import { googleBetaProvider, ProjectServiceIdentity } from "../l1/beta";
import { type Api, enableApi } from "./apis";
import type { IGrantee } from "./grants";
import { MillraceStack } from "./stack";

interface AgentEntry {
  readonly api: Api;
  /** E-mail, from the project's number. */
  readonly account: (projectNumber: string) => string;
  /**
   * How Google is made to create the agent, since a grant to one that does not exist fails: it comes with the API, or
   * its identity is asked for, or its name is read. Storage and BigQuery know the last way only
   * (terraform-google-project-factory#803).
   */
  readonly made: "with-api" | "by-identity" | typeof STORAGE | typeof BIGQUERY;
}

const STORAGE = "by-reading-storage";
const BIGQUERY = "by-reading-bigquery";

const service = (domain: string) => (projectNumber: string) =>
  `service-${projectNumber}@${domain}.iam.gserviceaccount.com`;

/** Google's own identities, by service. https://cloud.google.com/iam/docs/service-agents */
const AGENTS = {
  pubsub: { api: "pubsub.googleapis.com", account: service("gcp-sa-pubsub"), made: "by-identity" },
  run: { api: "run.googleapis.com", account: service("serverless-robot-prod"), made: "with-api" },
  functions: { api: "cloudfunctions.googleapis.com", account: service("gcf-admin-robot"), made: "with-api" },
  build: { api: "cloudbuild.googleapis.com", account: service("gcp-sa-cloudbuild"), made: "with-api" },
  notifications: {
    api: "monitoring.googleapis.com",
    account: service("gcp-sa-monitoring-notification"),
    made: "by-identity",
  },
  dataflow: { api: "dataflow.googleapis.com", account: service("dataflow-service-producer-prod"), made: "with-api" },
  compute: { api: "compute.googleapis.com", account: service("compute-system"), made: "with-api" },
  eventarc: { api: "eventarc.googleapis.com", account: service("gcp-sa-eventarc"), made: "by-identity" },
  workflows: { api: "workflows.googleapis.com", account: service("gcp-sa-workflows"), made: "by-identity" },
  storage: { api: "storage.googleapis.com", account: service("gs-project-accounts"), made: STORAGE },
  bigquery: {
    api: "bigquery.googleapis.com",
    account: (projectNumber) => `bq-${projectNumber}@bigquery-encryption.iam.gserviceaccount.com`,
    made: BIGQUERY,
  },
} as const satisfies Record<string, AgentEntry>;

export type Agent = keyof typeof AGENTS;

/**
 * A service agent of the stack's project, named from the project's number: its name needs no network. Grants to it wait
 * until it exists.
 */
export function serviceAgent(construct: Construct, agent: Agent): IGrantee {
  const stack = MillraceStack.of(construct);
  const { account }: AgentEntry = AGENTS[agent];
  const member = `serviceAccount:${account(stack.context.projectNumber)}`;
  return {
    member,
    principal: member,
    granteeId: `${agent}-agent`,
    dependables: [existenceOf(stack, agent)],
    construct: stack,
  };
}

function existenceOf(stack: MillraceStack, agent: Agent): ITerraformDependable {
  const { api, made }: AgentEntry = AGENTS[agent];
  const enabled = enableApi(stack, api);
  if (made === "with-api") return enabled;
  const agents = stack.node.tryFindChild("Agents") ?? new Construct(stack, "Agents");
  const { projectId: project, region } = stack.context;
  const config = { project, dependsOn: [enabled] };
  const earlier = agents.node.tryFindChild(agent) as (Construct & ITerraformDependable) | undefined;
  if (earlier) return earlier;
  if (made === STORAGE) return new DataGoogleStorageProjectServiceAccount(agents, agent, config);
  if (made === BIGQUERY) return new DataGoogleBigqueryDefaultServiceAccount(agents, agent, config);
  const provider = googleBetaProvider(stack, { project, region });
  return new ProjectServiceIdentity(agents, agent, { ...config, service: api, provider });
}
