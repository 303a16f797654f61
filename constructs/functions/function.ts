import { type ITerraformDependable, Token } from "cdktf";
import type { Construct } from "constructs";
import {
  check,
  enableApi,
  escapeTemplate,
  type IPushTarget,
  isKnown,
  type Labels,
  MillraceStack,
  type Rule,
} from "../core";
import { checkLabels } from "../core/labels";
import { Cloudfunctions2Function } from "../l1/functions";
import { Archives, archiveOf, type HandlerCode } from "../packaging/archives";
import { FUNCTION_ENTRY_POINT } from "../packaging/wrapper";
import { ExistingWorkload, HttpWorkload, openToEverybody, type WorkloadKind } from "../run/http-workload";
import { checkRuntime, DEFAULT_RUNTIME, type RuntimeName } from "../run/runtimes";
import { resolveSecret } from "../run/secrets";
import type { ResolvedSize } from "../run/size";
import { bindVolumes, fileOf, type SecretVolume } from "../run/volumes";
import { checkVpc, EGRESS, type VpcConnector } from "../run/vpc";
import type { SizedWorkloadProps } from "../run/workload";
import { FunctionBuilder } from "./builder";

export interface CloudFunctionProps extends SizedWorkloadProps, HandlerCode {
  readonly contract: HandlerCode["contract"];
  /** Version of Node.js. @default "nodejs22" */
  readonly runtime?: RuntimeName;
  /** What the function is for. @default the construct's path */
  readonly description?: string;
  /** Secrets as files, by the absolute path of their folder. Functions mount nothing else. @default none */
  readonly volumes?: Readonly<Record<string, Omit<SecretVolume, "mode">>>;
  /** A connector into a network of one's own; functions of this provider know no other way. @default none */
  readonly vpc?: VpcConnector;
  /** Private pool that builds the function, `projects/{project}/locations/{region}/workerPools/{pool}`. @default Google's */
  readonly workerPool?: string;
  /** When Google puts a patched runtime under the function: by itself, or with the next deployment. @default "automatic" */
  readonly securityUpdates?: "automatic" | "on-deploy";
  /** Lets only images in that a policy admits, by its full name or `default`. @default none */
  readonly binaryAuthorization?: string;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

const FUNCTION: WorkloadKind = {
  kind: "function",
  collection: "functions",
  // The address that a function has whatever else it is called; the service under it accepts tokens for it, as a
  // custom audience. https://cloud.google.com/functions/docs/calling/http
  audience: ({ name, projectId, region }) => `https://${region}-${projectId}.cloudfunctions.net/${name}`,
  notAName: "MR1202",
};

const INGRESS = {
  internal: "ALLOW_INTERNAL_ONLY",
  "internal-and-load-balancer": "ALLOW_INTERNAL_AND_GCLB",
  all: "ALLOW_ALL",
} as const;

/** Everything that building and running a function goes through. */
const APIS = [
  "cloudfunctions.googleapis.com",
  "run.googleapis.com",
  "cloudbuild.googleapis.com",
  "artifactregistry.googleapis.com",
  "storage.googleapis.com",
  "logging.googleapis.com",
] as const;

/**
 * A Gen2 function that takes events over HTTPS. It has no event trigger: its subscription is made by whoever pushes to
 * it, with a dead-letter topic and an identity that a trigger's hidden subscription could not have.
 */
export class CloudFunction extends HttpWorkload {
  /**
   * A function made elsewhere.
   * @param name `projects/{project}/locations/{region}/functions/{function}`
   */
  static fromExisting(scope: Construct, id: string, name: string): IPushTarget {
    const [, projectId = "", , region = "", , short = ""] = name.split("/");
    const url = FUNCTION.audience({ name: short, projectId, projectNumber: "", region });
    return new ExistingWorkload(scope, id, name, FUNCTION, url, url);
  }

  readonly resource: Cloudfunctions2Function;
  readonly pushEndpoint: string;
  readonly dependables: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: CloudFunctionProps) {
    super(scope, id, props, FUNCTION);
    const runtime = props.runtime ?? DEFAULT_RUNTIME;
    checkRuntime(this, runtime);
    check(this, { props, size: this.size, region: MillraceStack.of(this).context.region }, RULES);
    if (props.vpc) checkVpc(this, props.vpc);
    checkLabels(this, props.labels ?? {});
    this.resource = this.render(this.serviceName, runtime, this.size, props);
    // The address of the service under the function: internal ingress lets Pub/Sub in at a run.app address.
    this.pushEndpoint = this.resource.serviceConfig.uri;
    this.dependables = [this.resource];
    if (props.public === true) openToEverybody(this);
  }

  private render(name: string, runtime: RuntimeName, size: ResolvedSize, props: CloudFunctionProps) {
    const { projectId, region } = MillraceStack.of(this).context;
    const builder = FunctionBuilder.of(this);
    const secrets = this.variables.grantSecrets(this.serviceAccount);
    const { volumes, vpc } = props;
    const workload = { identity: this.serviceAccount, machine: size, hasVpc: vpc !== undefined };
    const mounted = bindVolumes(this, volumes, workload);
    return new Cloudfunctions2Function(this, "Resource", {
      project: projectId,
      location: region,
      name,
      description: props.description && escapeTemplate(props.description),
      labels: props.labels && { ...props.labels },
      buildConfig: {
        runtime,
        workerPool: props.workerPool,
        entryPoint: FUNCTION_ENTRY_POINT,
        serviceAccount: builder.identity.resource.name,
        dockerRepository: builder.repository.id,
        // The object is named after its content: another name is what makes Google build again.
        source: { storageSource: this.source(props) },
        // One of the two; the provider lets both through, and Google refuses them.
        ...(props.securityUpdates === "on-deploy" ? { onDeployUpdatePolicy: {} } : { automaticUpdatePolicy: {} }),
      },
      serviceConfig: {
        serviceAccountEmail: this.serviceAccount.emailReference,
        ingressSettings: INGRESS[props.ingress ?? "internal"],
        allTrafficOnLatestRevision: true,
        timeoutSeconds: size.timeoutSeconds,
        maxInstanceRequestConcurrency: size.concurrency,
        minInstanceCount: size.minInstances,
        maxInstanceCount: size.maxInstances,
        availableCpu: String(size.cpu),
        availableMemory: size.memory,
        binaryAuthorizationPolicy: props.binaryAuthorization,
        ...(vpc && { vpcConnector: vpc.connector, vpcConnectorEgressSettings: EGRESS[vpc.egress ?? "private-ranges"] }),
        environmentVariables: Token.asStringMap(
          this.variables.lazily((variables) => Object.fromEntries(variables.entries())),
        ),
        ...(secrets.length > 0 && {
          secretEnvironmentVariables: this.variables.secretEntries().map(([key, reference]) => ({ key, ...reference })),
        }),
        ...(volumes && { secretVolumes: this.secretVolumes(volumes) }),
      },
      dependsOn: [
        ...APIS.map((api) => enableApi(this, api)),
        ...builder.dependables,
        ...mounted.dependsOn,
        ...secrets.map(({ resource }) => resource),
      ],
      ...MillraceStack.of(this).protection,
    });
  }

  private secretVolumes(volumes: NonNullable<CloudFunctionProps["volumes"]>) {
    return Object.entries(volumes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([mountPath, volume]) => {
        const { version, ...secret } = resolveSecret(this, volume);
        return { mountPath, ...secret, versions: [{ path: fileOf(volume), version }] };
      });
  }

  private source(props: CloudFunctionProps) {
    const archives = Archives.of(this);
    const { name, bytes } = archiveOf(this, "function", props);
    const object = archives.add(this, "Archive", { name: `${name}.zip`, bytes, type: "application/zip" });
    return { bucket: archives.bucket.reference, object: object.reference };
  }
}

interface Checked {
  readonly props: CloudFunctionProps;
  readonly size: ResolvedSize;
  readonly region: string;
}

/** Regions said to have no larger instances for functions; the list may be stale, so it only warns. */
const SMALL_REGIONS: readonly string[] = ["asia-northeast3", "asia-south2", "australia-southeast2"];
const SMALL_REGION_CPU = 4;

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1203",
    fault: ({ props: { workerPool } }) =>
      workerPool !== undefined &&
      isKnown(workerPool) &&
      !/^projects\/[^/]+\/locations\/[^/]+\/workerPools\/[^/]+$/.test(workerPool) && {
        problem: `"${workerPool}" is not the full name of a worker pool`,
        got: workerPool,
        want: "projects/{project}/locations/{region}/workerPools/{pool}",
      },
  },
  {
    code: "MR1201",
    severity: "warning",
    fault: ({ size: { cpu }, region }) =>
      SMALL_REGIONS.includes(region) &&
      cpu > SMALL_REGION_CPU && {
        problem: `${region} may have no functions with more than ${SMALL_REGION_CPU} vCPUs`,
        got: String(cpu),
        want: `≤ ${SMALL_REGION_CPU}`,
      },
  },
];
