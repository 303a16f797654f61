import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import {
  type AnyContract,
  check,
  enableApi,
  type Encryption,
  escapeTemplate,
  grantEncryption,
  type IPushTarget,
  isKnown,
  type Labels,
  MillraceStack,
  type Rule,
} from "../core";
import { checkLabels } from "../core/labels";
import { CloudRunV2Service } from "../l1/run";
import { type CodeOfHandler, type CodeOfImage, codeMounts, codeVolumes, leftToCi, resolveCode } from "./code";
import { ExistingWorkload, HttpWorkload, openToEverybody, type WorkloadKind } from "./http-workload";
import { checkProbe, type LivenessProbe, type Probe, renderLiveness, renderProbe } from "./probe";
import { mebibytes, type ResolvedSize } from "./size";
import { checkTraffic, renderTraffic, revisionName, type TrafficProps } from "./traffic";
import { bindVolumes, type Volumes } from "./volumes";
import { renderAuthorization, some } from "./uncalled";
import { checkVpc, renderVpc, type VpcAccess } from "./vpc";
import type { SizedWorkloadProps } from "./workload";

interface ServiceOptions extends SizedWorkloadProps, TrafficProps {
  /** What the service is for, at most 512 characters. @default the construct's path */
  readonly description?: string;
  /** When an instance counts as started. @default when its port is open, within 240 s */
  readonly startupProbe?: Probe;
  /** When an instance is replaced. @default when its process ends */
  readonly livenessProbe?: LivenessProbe;
  /** A way into a network of one's own. @default none */
  readonly vpc?: VpcAccess;
  /** Files and sockets, by the absolute path they appear at. @default none */
  readonly volumes?: Volumes;
  /**
   * What is paid for: CPU while requests are handled, or instances as long as they exist, at a lower price. Work that
   * goes on after an answer needs the second.
   * @default "request"
   */
  readonly billing?: "request" | "instance";
  /** More CPU while an instance starts. @default true */
  readonly startupCpuBoost?: boolean;
  /** Sends requests of one client to one instance where possible. @default false: events carry no session */
  readonly sessionAffinity?: boolean;
  /** A key of one's own for the image; Cloud Run is let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Lets only images in that a policy admits: the project's own, or another by its full name. @default none */
  readonly binaryAuthorization?: "project" | { readonly policy: string };
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A service whose code is a handler: it runs on Google's image of Node.js, without a build. */
interface ServiceOfHandler extends ServiceOptions, CodeOfHandler {
  readonly contract: AnyContract;
}

/** A service whose image somebody else builds. */
interface ServiceOfImage extends ServiceOptions, CodeOfImage {
  /** Port that the container listens on, which it is told as `PORT`. @default 8080 */
  readonly port?: number;
  /** Speaks HTTP/2 with the container from end to end, as streaming gRPC needs. @default false */
  readonly http2?: boolean;
}

export type CloudRunServiceProps = ServiceOfHandler | ServiceOfImage;

const SERVICE: WorkloadKind = {
  kind: "service",
  collection: "services",
  // The service's own URL, which Google also derives from name and number, said in advance.
  // https://cloud.google.com/run/docs/triggering/https-request#url_composition
  audience: ({ name, projectNumber, region }) => `https://${name}-${projectNumber}.${region}.run.app`,
  notAName: "MR1316",
};

const INGRESS = {
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  all: "INGRESS_TRAFFIC_ALL",
} as const;

/** A Cloud Run service that takes events over HTTPS, called by whom it is granted to and by nobody else. */
export class CloudRunService extends HttpWorkload {
  /**
   * A service made elsewhere.
   * @param name `projects/{project}/locations/{region}/services/{service}`
   * @param url its `run.app` URL, which is the audience as well unless another is given
   */
  static fromExisting(scope: Construct, id: string, name: string, url: string, audience: string = url): IPushTarget {
    return new ExistingWorkload(scope, id, name, SERVICE, url, audience);
  }

  readonly resource: CloudRunV2Service;
  readonly pushEndpoint: string;
  readonly dependables: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: CloudRunServiceProps) {
    super(scope, id, props, SERVICE);
    const { startupProbe, livenessProbe, vpc } = props;
    if (startupProbe) checkProbe(this, "startup", startupProbe, isHttp2(props));
    if (livenessProbe) checkProbe(this, "liveness", livenessProbe, isHttp2(props));
    if (vpc) checkVpc(this, vpc);
    checkTraffic(this, this.serviceName, props);
    checkLabels(this, props.labels ?? {});
    check(this, { props, size: this.size }, RULES);
    this.resource = this.render(this.serviceName, this.size, props);
    this.pushEndpoint = this.resource.uri;
    this.dependables = [this.resource];
    if (props.public === true) openToEverybody(this);
  }

  private render(name: string, size: ResolvedSize, props: CloudRunServiceProps): CloudRunV2Service {
    const { projectId, region, deletionProtection } = MillraceStack.of(this).context;
    const { volumes, vpc, startupProbe, livenessProbe, encryption } = props;
    const code = resolveCode(this, "service", props, size, this.serviceAccount);
    const secrets = this.variables.grantSecrets(this.serviceAccount);
    const mounted = bindVolumes(this, volumes, {
      identity: this.serviceAccount,
      machine: size,
      hasVpc: vpc !== undefined,
    });
    const key = encryption && grantEncryption(this, encryption, "run");
    return new CloudRunV2Service(this, "Resource", {
      project: projectId,
      location: region,
      name,
      description: props.description && escapeTemplate(props.description),
      deletionProtection,
      ingress: INGRESS[props.ingress ?? "internal"],
      customAudiences: [this.audience],
      buildConfig: code.source === undefined ? undefined : { sourceLocation: code.source },
      binaryAuthorization: renderAuthorization(props.binaryAuthorization),
      labels: props.labels && { ...props.labels },
      template: {
        revision: props.revision === undefined ? undefined : revisionName(name, props.revision),
        serviceAccount: this.serviceAccount.emailReference,
        executionEnvironment: generationOf(size),
        encryptionKey: encryption?.kmsKeyName,
        sessionAffinity: props.sessionAffinity,
        timeout: `${size.timeoutSeconds}s`,
        maxInstanceRequestConcurrency: size.concurrency,
        // Both are always set: the API fills in what is unset, and 6.50.0 plans to remove it again (#28644).
        scaling: { minInstanceCount: size.minInstances, maxInstanceCount: size.maxInstances },
        containers: [
          {
            image: code.image,
            command: code.command,
            args: code.args,
            workingDir: code.workingDirectory,
            ports: renderPort(props),
            env: this.variables.blocks(),
            resources: {
              // Both for the same reason (#28670). Unset, cpuIdle would flip to always allocated and always paid.
              limits: { cpu: String(size.cpu), memory: size.memory },
              cpuIdle: (props.billing ?? "request") === "request",
              startupCpuBoost: props.startupCpuBoost ?? true,
            },
            startupProbe: startupProbe && renderProbe(startupProbe),
            livenessProbe: livenessProbe && renderLiveness(livenessProbe),
            volumeMounts: some([...(codeMounts(code) ?? []), ...mounted.mounts]),
          },
        ],
        vpcAccess: vpc && renderVpc(vpc),
        volumes: some([...(codeVolumes(code) ?? []), ...mounted.volumes]),
      },
      traffic: renderTraffic(name, props.traffic),
      lifecycle: {
        // What the API or a console writes and nobody configures here; permanent diffs at 6.50.0 (#25310, #13410).
        ignoreChanges: ["scaling", "client", "client_version", "annotations", ...leftToCi(props, "template[0]")],
      },
      dependsOn: [
        enableApi(this, "run.googleapis.com"),
        ...code.dependsOn,
        ...mounted.dependsOn,
        ...secrets.map(({ resource }) => resource),
        ...(key ? [key.resource] : []),
      ],
    });
  }
}

const isHttp2 = (props: CloudRunServiceProps): boolean => "http2" in props && props.http2 === true;

/** google/run/v2/k8s.min.proto: `ContainerPort` */
function renderPort(props: CloudRunServiceProps) {
  const { port, http2 } = props as Partial<ServiceOfImage>;
  if (port === undefined && http2 === undefined) return undefined;
  return { containerPort: port ?? 8_080, name: http2 === true ? "h2c" : "http1" };
}

/**
 * The second generation of the execution environment wants 512Mi at least and a whole vCPU; smaller instances run in
 * the first. https://cloud.google.com/run/docs/configuring/services/memory-limits
 */
const generationOf = ({ cpu, memory }: ResolvedSize) =>
  isKnown(cpu) && isKnown(memory) && (cpu < 1 || (mebibytes(memory) ?? 512) < 512)
    ? "EXECUTION_ENVIRONMENT_GEN1"
    : "EXECUTION_ENVIRONMENT_GEN2";

interface Checked {
  readonly props: CloudRunServiceProps;
  readonly size: ResolvedSize;
}

const RULES: readonly Rule<Checked>[] = [
  {
    // https://cloud.google.com/run/docs/configuring/services/cpu
    code: "MR1330",
    fault: ({ props: { billing }, size: { cpu } }) =>
      billing === "instance" &&
      isKnown(cpu) &&
      cpu < 1 && { problem: `instances with ${cpu} vCPUs are paid by request alone`, got: String(cpu), want: "≥ 1" },
  },
  {
    code: "MR1331",
    fault: ({ props: { revision, imageManagedBy } }) =>
      revision !== undefined &&
      imageManagedBy === "ci" && { problem: "the revision is named here, and somebody else deploys revisions" },
  },
  {
    code: "MR1332",
    fault: ({ props }) => {
      const { port } = props as Partial<ServiceOfImage>;
      return (
        port !== undefined &&
        isKnown(port) &&
        !(Number.isInteger(port) && port >= 1 && port <= 65_535) && {
          problem: `a container cannot listen on port ${port}`,
          want: "1–65535",
        }
      );
    },
  },
  {
    // The provider checks the length as well, at plan.
    code: "MR1332",
    fault: ({ props: { description } }) =>
      description !== undefined &&
      description.length > 512 && { problem: `the description has ${description.length} characters`, want: "≤ 512" },
  },
];
