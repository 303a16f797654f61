import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { calleesOf } from "../../language/workflows/callees";
import { addIssue, type Grant, type IGrantee, type IServiceAccount, ServiceAccount } from "../core";
import { kebab } from "../core/names";
import { EventarcTrigger, type EventarcTriggerProps } from "../eventarc/trigger";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import type { IMonitored } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { ScheduledJob, type ScheduledJobProps } from "../scheduler/scheduled-job";
import { WorkflowDefinition } from "./builder";
import type { Callee } from "./builder/callee";
import { declaredCallee } from "./calls";
import { type IWorkflow, Workflow, type WorkflowProps } from "./workflow";

/** When a workflow starts by the clock. */
export interface WorkflowSchedule extends Omit<
  ScheduledJobProps,
  "target" | "notify" | "alarms" | "dashboard" | "overlap"
> {
  /** Argument of the execution, sent as JSON. @default none */
  readonly argument?: unknown;
}

/** Events of Google's that start a workflow, each as its argument. */
export type WorkflowTrigger = Omit<EventarcTriggerProps, "target" | "path">;

export interface WorkflowOrchestratorProps extends WorkflowProps {
  /** Schedules by a name that makes them tell apart. @default none */
  readonly schedules?: Readonly<Record<string, WorkflowSchedule>>;
  /** Triggers of Eventarc by name. @default none */
  readonly events?: Readonly<Record<string, WorkflowTrigger>>;
  /** Who else may start it. @default nobody */
  readonly callers?: readonly IGrantee[];
}

/**
 * A workflow wired to its end: an identity that may call what its steps call and nothing else, what starts it, and
 * somebody who is told when an execution fails.
 */
export class WorkflowOrchestrator extends Construct implements IWorkflow, IMonitored {
  readonly inner: Workflow;
  /** Identity of its requests. */
  readonly identity: IServiceAccount;
  readonly schedules: Readonly<Record<string, ScheduledJob>>;
  readonly triggers: Readonly<Record<string, EventarcTrigger>>;

  constructor(scope: Construct, id: string, props: WorkflowOrchestratorProps) {
    super(scope, id);
    const { schedules = {}, events = {}, callers = [], ...rest } = props;
    this.identity =
      props.identity ?? new ServiceAccount(this, "Identity", { name: props.name && `${props.name}-flow` });
    const { definition, calls = {}, name = kebab([id]) } = props;
    const callees =
      definition instanceof WorkflowDefinition ? definition.callees : Object.values(calls).map(declaredCallee);
    const grants = callees.flatMap((callee) => this.allow(callee));
    this.inner = new Workflow(this, "Workflow", {
      ...rest,
      identity: this.identity,
      name,
      dependsOn: [...grants.map(({ resource }) => resource), ...(props.dependsOn ?? [])],
    });
    const { notify, alarms, dashboard } = props;
    this.schedules = mapped(
      schedules,
      ([key, { argument, ...schedule }]) =>
        new ScheduledJob(this, `${key}Schedule`, {
          ...schedule,
          name: schedule.name ?? `${name}-${kebab([key])}`,
          notify,
          alarms,
          dashboard,
          overlap: "allow",
          target: { startWorkflow: this.inner, ...(argument !== undefined && { argument }) },
        }),
    );
    this.triggers = mapped(
      events,
      ([key, trigger]) => new EventarcTrigger(this, `${key}Trigger`, { ...trigger, target: this.inner }),
    );
    for (const caller of callers) this.inner.grantInvoke(caller, `starts ${this.inner.name}`);
    if (Object.keys(events).length > 0) this.checkEvents(definition);
  }

  get name(): string {
    return this.inner.name;
  }

  get workflow(): string {
    return this.inner.workflow;
  }

  get dependables(): readonly ITerraformDependable[] {
    return this.inner.dependables;
  }

  get metrics(): Readonly<Record<string, Metric>> {
    return this.inner.metrics;
  }

  get alarms(): readonly Alarm[] {
    return this.inner.alarms;
  }

  get sections(): readonly DashboardSection[] {
    return this.inner.sections;
  }

  /** Lets the grantee start executions, of every workflow of the project: Google has nothing narrower. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return this.inner.grantInvoke(grantee, reason);
  }

  private allow(callee: Callee): readonly Grant[] {
    return callee.grant(this.identity, `${callee.what} in steps of ${this.node.path}`);
  }

  /** An event is acknowledged when the execution begins: what fails then is lost, unless a step keeps it. */
  private checkEvents(definition: WorkflowProps["definition"]): void {
    if (!(definition instanceof WorkflowDefinition)) return;
    const bare = calleesOf(definition.model).filter(({ kind, guarded }) => kind !== "log" && !guarded);
    if (bare.length === 0) return;
    const problem = `an event is acknowledged when the execution begins, and ${bare.map(({ path }) => path).join(", ")} may fail without anything that catches: the event would be lost`;
    addIssue(this, "MR1557", { problem }, "warning");
  }
}

const mapped = <T, R>(record: Readonly<Record<string, T>>, make: (entry: readonly [string, T]) => R) =>
  Object.fromEntries(Object.entries(record).map((entry) => [entry[0], make(entry)] as const));
