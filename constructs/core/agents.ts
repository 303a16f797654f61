import { Construct } from "constructs";
import { googleBetaProvider, ProjectServiceIdentity } from "../l1/beta";
import { type Api, enableApi } from "./apis";
import type { IGrantee } from "./grants";
import { MillraceStack } from "./stack";

interface AgentEntry {
  readonly api: Api;
  /** Domain of `service-{project number}@…`. */
  readonly domain: string;
  /**
   * Whether Google makes the agent only when it is first needed; a grant to one that does not exist fails, so its
   * creation is asked for.
   */
  readonly lazy: boolean;
}

/** Google's own identities, by service. https://cloud.google.com/iam/docs/service-agents */
const AGENTS = {
  pubsub: { api: "pubsub.googleapis.com", domain: "gcp-sa-pubsub.iam.gserviceaccount.com", lazy: true },
  run: { api: "run.googleapis.com", domain: "serverless-robot-prod.iam.gserviceaccount.com", lazy: false },
  functions: { api: "cloudfunctions.googleapis.com", domain: "gcf-admin-robot.iam.gserviceaccount.com", lazy: false },
  build: { api: "cloudbuild.googleapis.com", domain: "gcp-sa-cloudbuild.iam.gserviceaccount.com", lazy: false },
  notifications: {
    api: "monitoring.googleapis.com",
    domain: "gcp-sa-monitoring-notification.iam.gserviceaccount.com",
    lazy: true,
  },
} as const satisfies Record<string, AgentEntry>;

export type Agent = keyof typeof AGENTS;

/**
 * A service agent of the stack's project, named from the project's number: no data source, a plan needs no network.
 * Grants to it wait until it exists.
 */
export function serviceAgent(construct: Construct, agent: Agent): IGrantee {
  const stack = MillraceStack.of(construct);
  const { api, domain, lazy }: AgentEntry = AGENTS[agent];
  const member = `serviceAccount:service-${stack.context.projectNumber}@${domain}`;
  const enabled = enableApi(stack, api);
  const existence = lazy ? identity(stack, agent, api) : enabled;
  return { member, principal: member, granteeId: `${agent}-agent`, dependables: [existence], construct: stack };
}

function identity(stack: MillraceStack, agent: Agent, api: Api): ProjectServiceIdentity {
  const agents = stack.node.tryFindChild("Agents") ?? new Construct(stack, "Agents");
  const { projectId: project, region } = stack.context;
  return (
    (agents.node.tryFindChild(agent) as ProjectServiceIdentity | undefined) ??
    new ProjectServiceIdentity(agents, agent, {
      project,
      service: api,
      provider: googleBetaProvider(stack, { project, region }),
      dependsOn: [enableApi(stack, api)],
    })
  );
}
