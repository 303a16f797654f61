import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import {
  addIssue,
  check,
  enableApi,
  escapeTemplate,
  grant,
  grantEncryption,
  type IServiceAccount,
  kebab,
  MillraceStack,
  type NameRule,
  physicalName,
  projectTarget,
  ServiceAccount,
} from "../core";
import { ofSameStack } from "../core/dependables";
import { checkLabels } from "../core/labels";
import { pathInStack } from "../core/names";
import { googleBetaProvider } from "../l1/beta";
import { GoogleDataflowJob } from "../l1/dataflow";
import { GoogleDataflowFlexTemplateJob } from "../l1/dataflow-flex";
import type { Alarm } from "../monitoring/alarm";
import type { Metric } from "../monitoring/metric";
import { type IMonitored, monitor } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { metricsFor } from "../pubsub/metrics";
import { Bucket, type IBucket } from "../storage/bucket";
import { jobAlarms } from "./alarms";
import { bindParameter, kindOf } from "./bind-parameter";
import { DATAFLOW_GRANTS } from "./grants";
import type { DataflowJobProps } from "./job-props";
import { JOB_RULES } from "./job-rules";
import { dataflowMetrics } from "./metrics";
import { jobSection } from "./sections";
import { TEMPLATE_RULES } from "./template-rules";
import { knownText, planUpdate } from "./update";

/** google/dataflow/v1beta3/jobs.proto, `Job.name` */
const NAME: NameRule = {
  kind: "Dataflow job",
  pattern: /^[a-z]([-a-z0-9]{0,1022}[a-z0-9])?$/,
  max: 63,
  allowed: "lower-case letters, digits and hyphens, starting with a letter",
};

const DEFAULT_MAX_WORKERS = 3;

/** What both kinds of template are launched with. */
interface Launch {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly before: readonly ITerraformDependable[];
  readonly lifecycle?: ReturnType<typeof planUpdate>["lifecycle"];
  readonly skipWait: boolean;
}

/** A job made from a template: one that runs on, or one that ends. */
export class DataflowJob extends Construct implements IMonitored {
  /** `google_dataflow_job`, or `google_dataflow_flex_template_job` for a Flex template. */
  readonly resource: TerraformResource;
  /** Name of the job, the label of its metrics; readable at synth. */
  readonly jobName: string;
  /** Identity of the workers. */
  readonly serviceAccount: IServiceAccount;
  readonly temporaryFiles: IBucket;
  /** What the job needs before it starts: nothing should be published to its input earlier. */
  readonly dependables: readonly ITerraformDependable[];
  readonly metrics: Readonly<Record<keyof typeof dataflowMetrics, Metric>>;
  readonly alarms: readonly Alarm[];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: DataflowJobProps) {
    super(scope, id);
    check(this, props.template, TEMPLATE_RULES);
    check(this, props, JOB_RULES);
    checkLabels(this, props.labels ?? {});
    this.serviceAccount = props.serviceAccount ?? new ServiceAccount(this, "Worker");
    this.temporaryFiles =
      props.temporaryFiles ??
      // Every worker rewrites these files all day; kept versions would cost more than the job.
      new Bucket(this, "Temporary", { versioning: false, softDelete: "0s", forceDestroy: true });
    const { parameters, before } = this.bind(props);
    const update = this.plan(props, physicalName(this, NAME, props.name), parameters);
    this.jobName = update.name;
    this.resource = this.render(props, { ...update, parameters, before: ofSameStack(this, before) });
    this.dependables = [this.resource];
    const { projectId, region } = MillraceStack.of(this).context;
    const watched = {
      title: props.name ?? kebab(pathInStack(this)),
      jobName: this.jobName,
      projectId,
      region,
      streaming: props.template.mode === "streaming",
    };
    this.metrics = metricsFor(dataflowMetrics, this.jobName);
    this.alarms = jobAlarms(watched);
    this.sections = [jobSection(watched)];
    monitor(this, props);
  }

  /** Writes the parameters, and gives the worker what it needs for them and for being one. */
  private bind({ template, encryption }: DataflowJobProps) {
    const worker = this.serviceAccount;
    const work = grant(projectTarget(this), worker, DATAFLOW_GRANTS.work);
    const grants = [work, this.temporaryFiles.grantWrite(worker, { reason: "keeps temporary files" })];
    const parameters: Record<string, string> = {};
    for (const [name, value] of Object.entries(template.parameters)) {
      if (value === undefined) continue;
      const kind = template.catalogue?.parameters[name]?.kind ?? kindOf(value);
      if (!kind) {
        addIssue(this, "MR1754", { problem: `${name} is nothing that a template takes` });
        continue;
      }
      const bound = bindParameter(kind, value, worker);
      parameters[name] = bound.text;
      grants.push(...bound.grants);
    }
    if ("bigQueryLoadingTemporaryDirectory" in parameters)
      grants.push(grant(projectTarget(this), worker, DATAFLOW_GRANTS.load));
    if (encryption)
      for (const agent of ["dataflow", "compute"] as const) grants.push(grantEncryption(this, encryption, agent));
    const apis = (["dataflow", "compute", "storage", "logging", "monitoring"] as const).map((api) =>
      enableApi(this, `${api}.googleapis.com`),
    );
    return { parameters, before: [...apis, ...grants.map(({ resource }) => resource)] };
  }

  private plan(props: DataflowJobProps, name: string, parameters: Readonly<Record<string, string>>) {
    const { template, workers = {}, network = {}, renamedSteps } = props;
    const { region, deletionProtection } = MillraceStack.of(this).context;
    const { updateStrategy = "in-place" } = props;
    if (template.mode === "batch") return { name, lifecycle: undefined, skipWait: true };
    const shape = {
      graph: {
        template: knownText(template.title),
        parameters: Object.keys(parameters).sort().join(","),
        engine: String(workers.streamingEngine ?? true),
      },
      place: {
        region: knownText(region),
        workers: `${workers.initial ?? "any"}-${workers.max ?? DEFAULT_MAX_WORKERS}`,
      },
    };
    const texts = Object.entries(parameters).map(([key, value]) => [key, knownText(value)]);
    const definition = JSON.stringify([template.path(region), shape, texts, network, workers, props.labels]);
    const update = planUpdate(this, updateStrategy, shape, { name, definition, renamed: renamedSteps !== undefined });
    // A job that follows its record must be allowed to go.
    const kept = deletionProtection && updateStrategy === "in-place";
    return kept ? { ...update, lifecycle: { ...update.lifecycle, preventDestroy: true } } : update;
  }

  private render(props: DataflowJobProps, { name, before, lifecycle, skipWait, ...launch }: Launch): TerraformResource {
    const { projectId: project, region } = MillraceStack.of(this).context;
    const { template, workers = {}, network = {}, renamedSteps, encryption, labels } = props;
    const streaming = template.mode === "streaming";
    const both = {
      project,
      region,
      name,
      parameters: escaped(launch.parameters),
      transformNameMapping: renamedSteps && { ...renamedSteps },
      labels: labels && { ...labels },
      onDelete: props.onDelete ?? (streaming ? ("drain" as const) : ("cancel" as const)),
      skipWaitOnJobTermination: skipWait,
      serviceAccountEmail: this.serviceAccount.emailReference,
      network: network.network,
      subnetwork: network.subnetwork,
      ipConfiguration: network.publicAddresses ? "WORKER_IP_PUBLIC" : "WORKER_IP_PRIVATE",
      machineType: workers.machineType,
      maxWorkers: workers.max ?? DEFAULT_MAX_WORKERS,
      kmsKeyName: encryption?.kmsKeyName,
      enableStreamingEngine: streaming ? (workers.streamingEngine ?? true) : undefined,
      dependsOn: [...before],
      lifecycle,
    };
    const files = `gs://${this.temporaryFiles.reference}`;
    if (template.form === "classic")
      return new GoogleDataflowJob(this, "Resource", {
        ...both,
        templateGcsPath: template.path(region),
        tempGcsLocation: `${files}/temp`,
      });
    return new GoogleDataflowFlexTemplateJob(this, "Resource", {
      ...both,
      provider: googleBetaProvider(MillraceStack.of(this), { project, region }),
      containerSpecGcsPath: template.path(region),
      tempLocation: `${files}/temp`,
      stagingLocation: `${files}/staging`,
      numWorkers: workers.initial,
    });
  }
}

const escaped = (parameters: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, escapeTemplate(value)]));
