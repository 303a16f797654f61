import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { ENV, LOCAL_ENVIRONMENT } from "../../contract/environment";
import {
  acknowledge,
  type Acknowledgement,
  allowCall,
  check,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  type IWorkload,
  type Labels,
  MillraceStack,
  type NameRule,
  physicalName,
  projectTarget,
  ServiceAccount,
  serviceAgent,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { checkLabels } from "../core/labels";
import { GoogleEventarcTrigger } from "../l1/eventarc";
import { TimeSleep, timeProvider } from "../l1/time";
import { type ResolvedEvent, resolveEvent, type TriggerEvent } from "./events";
import { TRIGGER_RULES } from "./trigger-rules";

/** A workflow that is executed once for each event. */
export interface IWorkflowTarget {
  /** `projects/{project}/locations/{region}/workflows/{workflow}`, usually a reference. */
  readonly workflow: string;
  /** What must exist before the first event. */
  readonly dependables: readonly ITerraformDependable[];
  /** Lets the grantee execute the workflow. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant;
}

export interface EventarcTriggerProps {
  /** What it listens to. */
  readonly event: TriggerEvent;
  /** Service, function or workflow that gets the events. */
  readonly target: IPushTarget | IWorkflowTarget;
  /** Path below the service's URL. @default none */
  readonly path?: string;
  /** Where the trigger is: where its source is. @default follows from the event's source */
  readonly location?: string;
  /** Identity that receives the events and calls the target. @default an account of its own */
  readonly identity?: IServiceAccount;
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
  /** What must exist before the first event. @default what source and target need */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Warnings accepted for this trigger. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** Google's rule for the ids of Eventarc; that it holds for triggers too is not confirmed, so names are made to fit. */
const NAME: NameRule = {
  kind: "trigger",
  pattern: /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  max: 63,
  allowed: "1–63 lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
};

/** https://cloud.google.com/eventarc/docs/all-roles-permissions */
const GRANTS = {
  receive: {
    role: "roles/eventarc.eventReceiver",
    on: "project",
    reason: "receives events of a trigger",
    because: "Eventarc has no roles on a trigger",
  },
  agent: {
    role: "roles/eventarc.serviceAgent",
    on: "project",
    reason: "makes the topics and subscriptions of triggers, and validates their sources",
    because: "it is the role of Google's own agent, which a new project may lack for minutes (#25294)",
  },
} as const satisfies Record<string, GrantKind>;

/** A new project's Eventarc agent is refused for a while; the issues of the provider report two minutes (#25294). */
const PROPAGATION = "120s";

/**
 * A trigger of Eventarc Standard. Its subscription belongs to Google: it keeps an event for a day, tries again with
 * pauses of 10 s to 600 s, and then drops it; no dead-letter topic can be set with Terraform. Where losing an event
 * matters, an `EventDrivenPipeline` reaches the same sources by a topic of one's own.
 */
export class EventarcTrigger extends Construct {
  readonly resource: GoogleEventarcTrigger;
  /** `projects/{project}/locations/{location}/triggers/{trigger}`, readable at synth. */
  readonly name: string;
  /** The CloudEvent's type. */
  readonly eventType: string;
  /** Identity that receives the events and calls the target. */
  readonly identity: IServiceAccount;

  constructor(scope: Construct, id: string, props: EventarcTriggerProps) {
    super(scope, id);
    const { projectId } = MillraceStack.of(this).context;
    for (const accepted of props.acknowledge ?? []) acknowledge(this, accepted);
    const event = resolveEvent(this, props.event, props.location);
    const name = physicalName(this, NAME, props.name);
    const location = event.location ?? MillraceStack.of(this).context.region;
    this.name = `projects/${projectId}/locations/${location}/triggers/${name}`;
    this.eventType = event.type;
    check(this, { props, event, projectId }, TRIGGER_RULES);
    checkLabels(this, props.labels ?? {});
    this.identity = props.identity ?? new ServiceAccount(this, "Identity", { name: `${props.name ?? name}-event` });
    const before = [
      ...event.before,
      ...(props.dependsOn ?? []),
      ...this.ready(event),
      ...this.allow(props.target),
      ...props.target.dependables,
    ];
    this.resource = this.render(name, location, event, props, before);
  }

  /** Eventarc itself: its API, its agent and what the agent may, with time to take effect. */
  private ready(event: ResolvedEvent): readonly ITerraformDependable[] {
    const receive = event.kind.receiver ? [grant(projectTarget(this), this.identity, GRANTS.receive).resource] : [];
    return [enableApi(this, "eventarc.googleapis.com"), EventarcAgent.of(this).dependable, ...receive];
  }

  /** Lets the identity call the target, and Pub/Sub make its tokens. */
  private allow(target: EventarcTriggerProps["target"]): readonly ITerraformDependable[] {
    const reason = `delivers events of ${this.name}`;
    const tokens = this.identity.grantTokenCreator(serviceAgent(this, "pubsub")).resource;
    if ("workflow" in target) return [tokens, target.grantInvoke(this.identity, reason).resource];
    // Eventarc's tokens are for the address that Google gives the service, which nobody knows before it is made; the
    // platform lets in none that are for another service.
    if (isWorkload(target) && target.service)
      target.extendEnvironment(ENV.audience, `https://${target.service.name}-*`);
    const invoke = allowCall(target, this.identity, { reason, from: "eventarc" });
    return [tokens, ...(invoke ? [invoke.resource] : [])];
  }

  private render(
    name: string,
    location: string,
    event: ResolvedEvent,
    props: EventarcTriggerProps,
    before: readonly ITerraformDependable[],
  ): GoogleEventarcTrigger {
    const { target, path, labels } = props;
    const criteria = [{ attribute: "type", value: event.type }, ...event.criteria];
    return new GoogleEventarcTrigger(this, "Resource", {
      project: MillraceStack.of(this).context.projectId,
      name,
      location,
      matchingCriteria: criteria.map(
        ({ pattern, ...one }: { pattern?: boolean; attribute: string; value: string }) => ({
          ...one,
          operator: pattern ? "match-path-pattern" : undefined,
        }),
      ),
      destination:
        "workflow" in target
          ? { workflow: target.workflow }
          : {
              cloudRunService: {
                service: target.service?.reference ?? "",
                region: target.service?.region,
                path,
              },
            },
      serviceAccount: this.identity.emailReference,
      eventDataContentType: event.kind.contentType,
      transport: event.topic && { pubsub: { topic: event.topic.reference } },
      channel: event.channel,
      labels: labels && { ...labels },
      dependsOn: ofSameStack(this, before),
    });
  }
}

const isWorkload = (target: IPushTarget): target is IWorkload => "extendEnvironment" in target;

/** Eventarc's agent of a stack's project, once it may do its work. */
class EventarcAgent extends Construct {
  static of(construct: Construct): EventarcAgent {
    const stack = MillraceStack.of(construct);
    const id = "EventarcAgent";
    return (stack.node.tryFindChild(id) as EventarcAgent | undefined) ?? new EventarcAgent(stack, id);
  }

  readonly dependable: ITerraformDependable;

  private constructor(stack: MillraceStack, id: string) {
    super(stack, id);
    const granted = grant(projectTarget(this), serviceAgent(this, "eventarc"), GRANTS.agent).resource;
    this.dependable =
      stack.context.environment === LOCAL_ENVIRONMENT
        ? granted
        : new TimeSleep(this, "Propagation", {
            provider: timeProvider(stack),
            createDuration: PROPAGATION,
            dependsOn: [granted],
          });
  }
}
