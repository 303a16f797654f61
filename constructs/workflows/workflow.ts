import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { covers, needOf } from "../../language/workflows/permissions";
import {
  acknowledge,
  type Acknowledgement,
  addIssue,
  check,
  checkAtSynth,
  enableApi,
  type Encryption,
  escapeTemplate,
  type Grant,
  grant,
  grantEncryption,
  type GrantKind,
  grantsOf,
  type IGrantee,
  type IServiceAccount,
  type Labels,
  MillraceStack,
  type NameRule,
  physicalName,
  projectTarget,
  ServiceAccount,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { checkLabels } from "../core/labels";
import { checkFullName } from "../core/names";
import type { IWorkflowTarget } from "../eventarc/trigger";
import { WorkflowsWorkflow } from "../l1/workflows";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import type { IStartableWorkflow } from "../scheduler/targets";
import { declaredNames, declaredTargets, type DeclaredCallees, targetAt } from "./calls";
import { type ResolvedDefinition, resolveDefinition, type WorkflowSource } from "./definition";
import { metricsOfWorkflow, workflowAlarms, type workflowMetrics, workflowSection } from "./metrics";
import { refusalOf } from "./requests";
import { callsOf, type ResolvedWorkflow, targetOf, WORKFLOW_RULES } from "./rules";

export interface WorkflowProps extends MonitoringProps {
  /** Built with `millrace/workflows`, in a file relative to the stack's `handlersDir`, or as text. */
  readonly definition: WorkflowSource;
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** At most 1000 characters. @default none */
  readonly description?: string;
  /** Identity of its requests. @default an account of its own, which may do nothing until it is granted */
  readonly identity?: IServiceAccount;
  /** Variables of `sys.get_env`: with the URLs of what it calls at most 20, each up to 4 KiB. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * What a definition in YAML or JSON calls, by the variable that its steps read: `${sys.get_env("PAYMENTS_URL")}` for a
   * service, function or endpoint, `${sys.get_env("PAID_TOPIC")}` for the full name of a topic, job or workflow. Grants
   * are made by `WorkflowOrchestrator`. @default none; of a definition built in TypeScript, what its steps call
   */
  readonly calls?: DeclaredCallees;
  /** Calls of steps that are logged: `"all"`, those that fail, or none. @default "errors" */
  readonly logCalls?: "all" | "errors" | "none";
  /** How much of each step Google keeps: also its variables, or only that it was taken. @default "basic" */
  readonly history?: "basic" | "detailed";
  /** Key for definition, arguments, results and errors. @default Google's */
  readonly encryption?: Encryption;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
  /** Executions that wait for others, above which somebody is told; its metric is not confirmed (MR1563). @default not watched */
  readonly tooManyWaiting?: number;
  /** What must exist before it is deployed. @default what it calls */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Warnings accepted for this workflow. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

/** A workflow, made here or elsewhere: schedules, triggers and other workflows start it. */
export interface IWorkflow extends IStartableWorkflow, IWorkflowTarget {}

/** google/cloud/workflows/v1/workflows.proto: `CreateWorkflowRequest.workflow_id` */
const NAME: NameRule = {
  kind: "workflow",
  pattern: /^[A-Za-z]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?$/,
  max: 64,
  allowed: "1–64 letters, digits, hyphens and underscores, starting with a letter and ending in a letter or digit",
};

/** https://cloud.google.com/workflows/docs/access-control */
const KINDS = {
  start: {
    role: "roles/workflows.invoker",
    on: "project",
    reason: "starts executions",
    because: "Workflows has no roles on a single workflow",
  },
  log: {
    role: "roles/logging.logWriter",
    on: "project",
    reason: "writes the log of its executions",
    because: "Cloud Logging has no roles on a single log",
  },
} as const satisfies Record<string, GrantKind>;

const LOG_LEVELS = { all: "LOG_ALL_CALLS", errors: "LOG_ERRORS_ONLY", none: "LOG_NONE" } as const;
const HISTORY_LEVELS = { basic: "EXECUTION_HISTORY_BASIC", detailed: "EXECUTION_HISTORY_DETAILED" } as const;

/** A workflow of Google Cloud Workflows, its definition checked when the stack is synthesized. */
export class Workflow extends Construct implements IWorkflow, IMonitored {
  /** A workflow made elsewhere. @param name `projects/{project}/locations/{region}/workflows/{workflow}` */
  static fromExisting(scope: Construct, id: string, name: string): IWorkflow {
    return new ExistingWorkflow(scope, id, name);
  }

  readonly resource: WorkflowsWorkflow;
  /** `projects/{project}/locations/{region}/workflows/{workflow}`, readable at synth. */
  readonly name: string;
  /** The last part of the name: the label of its metrics. */
  readonly workflowId: string;
  /** The full name as a reference. */
  readonly workflow: string;
  readonly identity: IServiceAccount;
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<keyof typeof workflowMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const { projectId, region } = MillraceStack.of(this).context;
    for (const accepted of props.acknowledge ?? []) acknowledge(this, accepted);
    this.workflowId = physicalName(this, NAME, props.name);
    this.name = `projects/${projectId}/locations/${region}/workflows/${this.workflowId}`;
    this.identity =
      props.identity ?? new ServiceAccount(this, "Identity", { name: props.name && `${props.name}-flow` });
    const definition = resolveDefinition(this, props.definition);
    const resolved = resolve(props, definition);
    check(this, resolved, WORKFLOW_RULES);
    checkLabels(this, props.labels ?? {});
    if (props.tooManyWaiting !== undefined)
      addIssue(
        this,
        "MR1563",
        { problem: "the number of waiting executions is watched by a metric that no page of Google's confirms" },
        "warning",
      );
    if (definition.built && props.calls)
      addIssue(this, "MR1565", {
        problem: `its steps say what it calls, and calls says ${Object.keys(props.calls).join(", ")}`,
      });
    checkAtSynth(this, () => this.checkCalls(resolved));
    this.resource = this.render(props, resolved);
    this.workflow = this.resource.id;
    this.dependables = [this.resource];

    const { tooManyWaiting } = props;
    const watched = {
      workflowId: this.workflowId,
      projectId,
      region,
      ...(tooManyWaiting !== undefined && { tooManyWaiting }),
    };
    this.metrics = metricsOfWorkflow(watched);
    this.alarms = workflowAlarms(watched);
    this.sections = [workflowSection(watched)];
    monitor(this, props);
  }

  /** Lets the grantee start executions, of every workflow of the project: Google has nothing narrower. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(projectTarget(this), grantee, KINDS.start, { reason });
  }

  /** What a handler that it calls refuses, and what its identity may not call: one issue for each role that is missing. */
  private checkCalls(resolved: ResolvedWorkflow): void {
    const { projectId } = MillraceStack.of(this).context;
    const records = grantsOf(this).filter(({ principal }) => principal === this.identity.principal);
    const holds = (role: string, on: string) =>
      records.some((record) => record.role === role && [on, on.replace(/^b\//, "")].includes(record.resource));
    const said = new Set<string>();
    const say = (code: "MR1554" | "MR1555", path: string, what: string, role: string, on: string) => {
      if (said.has(`${role} ${on}`)) return;
      said.add(`${role} ${on}`);
      const problem = `${path} ${what}, but ${this.identity.email} lacks ${role} on ${on}: Google answers 403`;
      addIssue(this, code, { problem }, code === "MR1554" ? "error" : "warning");
    };
    for (const callee of callsOf(resolved)) {
      const target = targetOf(callee, resolved.targets) ?? targetAt(this, callee.args.url?.text);
      const refusal = target && refusalOf(callee, target);
      if (refusal) addIssue(this, refusal.code, refusal, refusal.severity);
      const service = target?.service;
      if (service) {
        const invokes = records.some(
          ({ role, resource }) => role === "roles/run.invoker" && resource.endsWith(`/services/${service.name}`),
        );
        if (!invokes) say("MR1554", callee.path, "calls a service of this app", "roles/run.invoker", service.name);
      }
      const need = needOf(callee, projectId);
      if (need && !covers(need, projectId, holds))
        say("MR1555", callee.path, `calls ${callee.function}`, need.roles[0]!, need.on ?? "");
    }
  }

  private render(props: WorkflowProps, resolved: ResolvedWorkflow): WorkflowsWorkflow {
    const { projectId: project, region, deletionProtection } = MillraceStack.of(this).context;
    const { description, encryption, labels, logCalls = "errors", history = "basic" } = props;
    const key = encryption && grantEncryption(this, encryption, "workflows");
    const logs = logCalls !== "none" || callsOf(resolved).some(({ kind }) => kind === "log");
    const log = logs && grant(projectTarget(this), this.identity, KINDS.log).resource;
    return new WorkflowsWorkflow(this, "Resource", {
      project,
      region,
      name: this.workflowId,
      description: description && escapeTemplate(description),
      serviceAccount: this.identity.emailReference,
      // Terraform would take the expressions of Workflows for its own.
      sourceContents: escapeTemplate(resolved.source),
      userEnvVars: Object.keys(resolved.environment).length > 0 ? { ...resolved.environment } : undefined,
      callLogLevel: LOG_LEVELS[logCalls],
      executionHistoryLevel: HISTORY_LEVELS[history],
      cryptoKeyName: encryption?.kmsKeyName,
      deletionProtection,
      labels: labels && { ...labels },
      dependsOn: ofSameStack(this, [
        enableApi(this, "workflows.googleapis.com"),
        enableApi(this, "workflowexecutions.googleapis.com"),
        ...(key ? [key.resource] : []),
        ...(log ? [log] : []),
        ...(props.dependsOn ?? []),
      ]),
    });
  }
}

function resolve(props: WorkflowProps, { source, model, built }: ResolvedDefinition): ResolvedWorkflow {
  const { calls = {} } = props;
  const targets = built?.targets ?? declaredTargets(calls);
  const urls = Object.entries(targets).map(([name, { pushEndpoint }]) => [name, pushEndpoint] as const);
  return {
    ...(props.description !== undefined && { description: props.description }),
    environment: { ...Object.fromEntries(urls), ...declaredNames(calls), ...props.environment },
    source,
    ...(model && { model }),
    targets,
  };
}

class ExistingWorkflow extends Construct implements IWorkflow {
  readonly dependables: readonly ITerraformDependable[] = [];
  readonly workflow: string;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    this.workflow = name;
    checkFullName(this, "MR1560", "workflow", "projects/{project}/locations/{location}/workflows/{workflow}", name);
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(projectTarget(this, this.name.split("/")[1]), grantee, KINDS.start, { reason });
  }
}
