import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { type Caller, CALLERS } from "../../contract/callers";
import { ENV } from "../../contract/environment";
import {
  addIssue,
  check,
  checkAtSynth,
  type Grant,
  grant,
  type GrantKind,
  type GrantTarget,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  type IWorkload,
  MillraceStack,
  type NameRule,
  physicalName,
  principal,
  type RunService,
} from "../core";
import { checkCaller } from "../core/callers";
import { locatedTarget } from "../core/grants";
import { markPublic } from "../core/iam";
import { checkFullName, claimName } from "../core/names";
import { CloudRunV2ServiceIamMember } from "../l1/run";
import type { Alarm } from "../monitoring/alarm";
import { noteHandler } from "../monitoring/handler-counters";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import type { TransportName } from "../packaging/wrapper";
import { workloadAlarms, workloadSection } from "./alarms";
import { checkBilling, LOAD_RULES } from "./load-rules";
import { metricsOfWorkload, type workloadMetrics } from "./metrics";
import type { ResolvedSize } from "./size";
import type { Variables } from "./variables";
import { nameOf, resolveIdentity, resolveSize, resolveVariables, type SizedWorkloadProps } from "./workload";

/** What tells services and functions apart where they are otherwise alike. */
export interface WorkloadKind {
  /** For the person at the terminal. */
  readonly kind: "service" | "function";
  /** `projects/{project}/locations/{region}/{collection}/{name}` */
  readonly collection: "services" | "functions";
  /** What a caller's token is for: a string known at synth. */
  readonly audience: (place: Place) => string;
  /** Reported for a full name that is none. */
  readonly notAName: "MR1316" | "MR1202";
}

/** What a handler was packaged with. */
interface Packaged {
  readonly entry?: string;
  readonly transports?: readonly TransportName[];
}

/** Where a workload is and what it is called. */
export interface Place {
  readonly projectId: string;
  readonly projectNumber: string;
  readonly region: string;
  readonly name: string;
}

/** google/run/v2/service.proto: fewer than 50 characters. The service under a function takes its name. */
const nameRule = (kind: string): NameRule => ({
  kind,
  pattern: /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/,
  max: 49,
  allowed: "1–49 lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
});

/** What a handler must have been packaged with for what some callers send; the first transport is the one to take. */
const TRANSPORTS: Partial<Record<Caller, readonly [TransportName, ...TransportName[]]>> = {
  tasks: ["tasks"],
  scheduler: ["scheduler"],
  eventarc: ["cloudEvents", "eventarc"],
};

/** `cloudfunctions.invoker` alone would let nobody in: a function is called through the service under it. */
const invoke = ({ kind }: WorkloadKind): GrantKind => ({
  role: "roles/run.invoker",
  on: kind,
  reason: `calls the ${kind}`,
});

/** What services and functions have in common: name, size, identity, variables, who may call, what is watched. */
export abstract class HttpWorkload extends Construct implements IWorkload, IMonitored {
  /** The low-level resource, for what no prop reaches. */
  abstract readonly resource: TerraformResource & { readonly name: string };
  abstract readonly pushEndpoint: string;
  abstract readonly dependables: readonly ITerraformDependable[];

  /** Full name, readable at synth. */
  readonly name: string;
  /** Name of the Cloud Run service: the label of its metrics. */
  readonly serviceName: string;
  readonly serviceAccount: IServiceAccount;
  readonly audience: string;
  readonly requestTimeoutSeconds: number;
  readonly internalTo?: string;
  readonly parallel: number;
  readonly ordered?: boolean;
  readonly understands?: readonly TransportName[];
  readonly metrics: Readonly<Record<keyof typeof workloadMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];
  protected readonly size: ResolvedSize;
  protected readonly variables: Variables;
  /** Accounts that the handler was told of. */
  private readonly told = new Set<string>();

  protected constructor(
    scope: Construct,
    id: string,
    private readonly props: SizedWorkloadProps & Packaged,
    private readonly workloadKind: WorkloadKind,
  ) {
    super(scope, id);
    const { kind, collection, audience } = workloadKind;
    const { projectId, projectNumber, region } = MillraceStack.of(this).context;
    const name = physicalName(this, nameRule(kind), nameOf(props));
    // The service under a function has its name, so no service may have it too.
    if (kind === "function") claimName(this, "service", name);
    this.serviceName = name;
    this.name = `projects/${projectId}/locations/${region}/${collection}/${name}`;
    this.size = resolveSize(this, props);
    this.audience = audience({ projectId, projectNumber, region, name });
    this.requestTimeoutSeconds = this.size.timeoutSeconds;
    this.internalTo = (props.ingress ?? "internal") === "all" ? undefined : projectId;
    this.parallel = this.size.maxInstances * this.size.concurrency;
    this.ordered = props.contract?.manifest.order;
    if (props.contract && props.entry !== undefined) this.understands = props.transports ?? [];
    check(this, { ...props, size: this.size }, LOAD_RULES);
    this.serviceAccount = resolveIdentity(this, props, nameOf(props));
    this.variables = resolveVariables(this, props, this.audience);
    this.metrics = metricsOfWorkload({ serviceName: name, region });
    const { timeoutSeconds, maxInstances } = this.size;
    const watched = { kind, serviceName: name, projectId, region, timeoutSeconds, maxInstances };
    this.alarms = workloadAlarms(watched, this.metrics);
    this.sections = [workloadSection(watched, this.metrics)];
    monitor(this, props);
    if (props.contract) noteHandler(this, "cloud_run_revision", props.notify);
    const { name: fullName, serviceAccount } = this;
    const billing = ("billing" in props && props.billing === "instance" && props.billing) || "request";
    const own = props.serviceAccount === undefined;
    if (own)
      checkAtSynth(this, () => checkBilling(this, { name: fullName, principal: serviceAccount.principal, billing }));
  }

  /** Sets an environment variable that follows from what surrounds the workload, unless the user has set it. */
  addEnvironment(name: string, value: string): void {
    this.variables.add(name, value);
  }

  /** Adds to an environment variable that is a list with commas, unless the user has set it. */
  extendEnvironment(name: string, value: string): void {
    this.variables.extend(name, value);
  }

  /** Tells the handler who calls, and reports a caller that its contract excludes, or that it was not packaged for. */
  admit(caller: IServiceAccount, from: Caller = "direct"): void {
    const { contract, entry, transports = [] } = this.props;
    if (!contract) return;
    this.tell(caller.email, from);
    const needed = TRANSPORTS[from];
    if (entry === undefined || !needed || needed.some((name) => transports.includes(name))) return;
    const problem = `its handler was not packaged to understand what ${CALLERS[from]} sends: every request is refused`;
    addIssue(this, "MR1338", { problem, fix: `set transports: ["${needed[0]}"]` });
  }

  /** The Cloud Run service that answers; the one under a function has its name. */
  get service(): RunService {
    const { projectId: project, region } = MillraceStack.of(this).context;
    return { name: this.serviceName, reference: this.resource.name, project, region };
  }

  /** Takes events of this account, beside others, where a handler runs. */
  private tell(email: string, from: Caller): void {
    const { contract } = this.props;
    if (!contract) return;
    this.told.add(email);
    checkCaller(this, contract, from);
    this.variables.extend(ENV.callers, contract.manifest.callers ? `${from}:${email}` : email);
  }

  /** Lets the grantee call it; the handler takes events of an account that was let call, and of no group. */
  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    const [kind, email] = grantee.principal.split(/:(.*)/s);
    // What was let in as another kind of caller asks for the role as well.
    if (kind === "serviceAccount" && !this.told.has(email!)) this.tell(email!, "direct");
    return grant(targetOf(this, this.name, this.resource.name), grantee, invoke(this.workloadKind), { reason });
  }
}

/** Lets everybody call a workload, because its props say so; the acknowledgement that MR1027 asks for says why. */
export function openToEverybody(workload: HttpWorkload): void {
  markPublic(workload.grantInvoke(principal("allUsers"), "is open to everybody").resource);
}

/** A service or function made elsewhere: something to push to. */
export class ExistingWorkload extends Construct implements IPushTarget {
  readonly dependables: readonly ITerraformDependable[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly name: string,
    private readonly workloadKind: WorkloadKind,
    readonly pushEndpoint: string,
    readonly audience: string,
  ) {
    super(scope, id);
    const { kind, collection, notAName } = workloadKind;
    checkFullName(this, notAName, kind, `projects/{project}/locations/{location}/${collection}/{name}`, name);
  }

  /** Undefined when its full name is not known at synth. */
  get service(): RunService | undefined {
    const [, project, , region, , name] = this.name.split("/");
    return project && region && name ? { name, reference: name, project, region } : undefined;
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    const short = this.name.split("/").at(-1)!;
    return grant(targetOf(this, this.name, short), grantee, invoke(this.workloadKind), { reason });
  }
}

/** The IAM resource of a Cloud Run service, that of a function included. */
const targetOf = (scope: Construct, fullName: string, name: string): GrantTarget =>
  locatedTarget(scope, fullName, name, CloudRunV2ServiceIamMember);
