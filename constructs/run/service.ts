import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type AnyContract, enableApi, type IPushTarget, MillraceStack } from "../core";
import { CloudRunV2Service } from "../l1/run";
import { type CodeOfHandler, type CodeOfImage, codeMounts, codeVolumes, resolveCode } from "./code";
import { ExistingWorkload, HttpWorkload, type WorkloadKind } from "./http-workload";
import { checkProbe, type Probe, renderProbe } from "./probe";
import type { ResolvedSize } from "./size";
import type { SizedWorkloadProps } from "./workload";
import { checkVpc, renderVpc, type VpcAccess } from "./vpc";

interface ServiceOptions extends SizedWorkloadProps {
  /** When an instance counts as started. @default when its port is open, within 240 s */
  readonly startupProbe?: Probe;
  /** A way into a network of one's own. @default none */
  readonly vpc?: VpcAccess;
}

/** A service whose code is a handler: it runs on Google's image of Node.js, without a build. */
interface ServiceOfHandler extends ServiceOptions, CodeOfHandler {
  readonly contract: AnyContract;
}

/** A service whose image somebody else builds. */
interface ServiceOfImage extends ServiceOptions, CodeOfImage {}

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
    if (props.startupProbe) checkProbe(this, props.startupProbe);
    if (props.vpc) checkVpc(this, props.vpc);
    this.resource = this.render(this.serviceName, this.size, props);
    this.pushEndpoint = this.resource.uri;
    this.dependables = [this.resource];
  }

  private render(name: string, size: ResolvedSize, props: CloudRunServiceProps): CloudRunV2Service {
    const { projectId, region, deletionProtection } = MillraceStack.of(this).context;
    const code = resolveCode(this, "service", props, size, this.serviceAccount);
    const secrets = this.variables.grantSecrets(this.serviceAccount);
    return new CloudRunV2Service(this, "Resource", {
      project: projectId,
      location: region,
      name,
      deletionProtection,
      ingress: INGRESS[props.ingress ?? "internal"],
      customAudiences: [this.audience],
      buildConfig: code.source === undefined ? undefined : { sourceLocation: code.source },
      template: {
        serviceAccount: this.serviceAccount.emailReference,
        executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
        timeout: `${size.timeoutSeconds}s`,
        maxInstanceRequestConcurrency: size.concurrency,
        // Both are always set: the API fills in what is unset, and 6.50.0 plans to remove it again (#28644).
        scaling: { minInstanceCount: size.minInstances, maxInstanceCount: size.maxInstances },
        containers: [
          {
            image: code.image,
            command: code.command,
            args: code.args,
            env: this.variables.blocks(),
            resources: {
              // Both for the same reason (#28670). Unset, cpuIdle would flip to always allocated and always paid.
              limits: { cpu: String(size.cpu), memory: size.memory },
              cpuIdle: true,
              startupCpuBoost: true,
            },
            startupProbe: props.startupProbe && renderProbe(props.startupProbe),
            volumeMounts: codeMounts(code),
          },
        ],
        vpcAccess: props.vpc && renderVpc(props.vpc),
        volumes: codeVolumes(code),
      },
      lifecycle: {
        // What the API or a console writes and nobody configures here; permanent diffs at 6.50.0 (#25310, #13410).
        ignoreChanges: ["scaling", "client", "client_version", "annotations"],
      },
      dependsOn: [enableApi(this, "run.googleapis.com"), ...code.dependsOn, ...secrets.map(({ resource }) => resource)],
    });
  }
}
