import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import {
  addIssue,
  type AnyContract,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type GrantTarget,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  isKnown,
  type IWorkload,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { CloudRunV2Service, CloudRunV2ServiceIamMember } from "../l1/run";
import { type CodeOfHandler, type CodeOfImage, codeMounts, codeVolumes, resolveCode } from "./code";
import { checkProbe, type Probe, renderProbe } from "./probe";
import type { ResolvedSize } from "./size";
import { nameOf, resolveIdentity, resolveSize, resolveVariables, type SizedWorkloadProps } from "./workload";
import type { Variables } from "./variables";
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

const INVOKE: GrantKind = { role: "roles/run.invoker", on: "service", reason: "calls the service" };

/** google/run/v2/service.proto: fewer than 50 characters. */
const NAME: NameRule = {
  kind: "service",
  pattern: /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/,
  max: 49,
  allowed: "1–49 lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
};

const INGRESS = {
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  all: "INGRESS_TRAFFIC_ALL",
} as const;

/** A Cloud Run service that takes events over HTTPS, called by whom it is granted to and by nobody else. */
export class CloudRunService extends Construct implements IWorkload {
  /**
   * A service made elsewhere.
   * @param name `projects/{project}/locations/{region}/services/{service}`
   * @param url its `run.app` URL, which is the audience as well unless another is given
   */
  static fromExisting(scope: Construct, id: string, name: string, url: string, audience: string = url): IPushTarget {
    return new ExistingService(scope, id, name, url, audience);
  }

  readonly resource: CloudRunV2Service;
  /** `projects/{project}/locations/{region}/services/{service}`, readable at synth. */
  readonly name: string;
  readonly serviceAccount: IServiceAccount;
  readonly audience: string;
  readonly pushEndpoint: string;
  readonly requestTimeoutSeconds: number;
  readonly internalTo?: string;
  readonly dependables: readonly ITerraformDependable[];
  private readonly variables: Variables;

  constructor(scope: Construct, id: string, props: CloudRunServiceProps) {
    super(scope, id);
    const { projectId, projectNumber, region } = MillraceStack.of(this).context;
    const name = physicalName(this, NAME, nameOf(props));
    const size = resolveSize(this, props);
    if (props.startupProbe) checkProbe(this, props.startupProbe);
    if (props.vpc) checkVpc(this, props.vpc);

    this.name = `projects/${projectId}/locations/${region}/services/${name}`;
    // The service's own URL, which Google also derives from name and number, said in advance.
    // https://cloud.google.com/run/docs/triggering/https-request#url_composition
    this.audience = `https://${name}-${projectNumber}.${region}.run.app`;
    this.requestTimeoutSeconds = size.timeoutSeconds;
    this.internalTo = (props.ingress ?? "internal") === "all" ? undefined : projectId;
    this.serviceAccount = resolveIdentity(this, props, nameOf(props));
    this.variables = resolveVariables(this, props, this.audience);
    this.resource = this.render(name, size, props);
    this.pushEndpoint = this.resource.uri;
    this.dependables = [this.resource];
  }

  /** Sets an environment variable that follows from what surrounds the service, unless the user has set it. */
  addEnvironment(name: string, value: string): void {
    this.variables.add(name, value);
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(targetOf(this, this.name, this.resource.name), grantee, INVOKE, { reason });
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

class ExistingService extends Construct implements IPushTarget {
  readonly dependables: readonly ITerraformDependable[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly name: string,
    readonly pushEndpoint: string,
    readonly audience: string,
  ) {
    super(scope, id);
    if (isKnown(name) && !SERVICE_NAME.test(name))
      addIssue(this, "MR1316", { problem: `"${name}" is not the full name of a service`, got: name });
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(targetOf(this, this.name, this.name.split("/").at(-1)!), grantee, INVOKE, { reason });
  }
}

const SERVICE_NAME = /^projects\/[^/]+\/locations\/[^/]+\/services\/[^/]+$/;

/** The IAM resource of a Cloud Run service, that of a function included: a function is called through its service. */
export function targetOf(scope: Construct, fullName: string, name: string): GrantTarget {
  const [, project, , location] = fullName.split("/");
  return {
    scope,
    name: fullName,
    level: "resource",
    attach: (inner, id, config) => new CloudRunV2ServiceIamMember(inner, id, { ...config, project, location, name }),
  };
}
