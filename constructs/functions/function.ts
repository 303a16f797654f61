import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import {
  addIssue,
  check,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type IGrantee,
  type IPushTarget,
  type IServiceAccount,
  isKnown,
  type IWorkload,
  MillraceStack,
  type NameRule,
  physicalName,
  type Rule,
} from "../core";
import { claimName } from "../core/names";
import { Cloudfunctions2Function } from "../l1/functions";
import { Archives, archiveOf, type HandlerCode } from "../packaging/archives";
import { FUNCTION_ENTRY_POINT } from "../packaging/wrapper";
import { checkRuntime, DEFAULT_RUNTIME, type RuntimeName } from "../run/runtimes";
import { targetOf } from "../run/service";
import type { ResolvedSize } from "../run/size";
import type { Variables } from "../run/variables";
import { nameOf, resolveIdentity, resolveSize, resolveVariables, type SizedWorkloadProps } from "../run/workload";
import { FunctionBuilder } from "./builder";

export interface CloudFunctionProps extends SizedWorkloadProps, HandlerCode {
  readonly contract: HandlerCode["contract"];
  /** Version of Node.js. @default "nodejs22" */
  readonly runtime?: RuntimeName;
}

/** A function is called through the Cloud Run service under it; `cloudfunctions.invoker` alone would not let anybody in. */
const INVOKE: GrantKind = { role: "roles/run.invoker", on: "function", reason: "calls the function" };

/** The service under a function takes its name, and google/run/v2/service.proto allows fewer than 50 characters. */
const NAME: NameRule = {
  kind: "function",
  pattern: /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/,
  max: 49,
  allowed: "1–49 lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
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
export class CloudFunction extends Construct implements IWorkload {
  /**
   * A function made elsewhere.
   * @param name `projects/{project}/locations/{region}/functions/{function}`
   */
  static fromExisting(scope: Construct, id: string, name: string): IPushTarget {
    return new ExistingFunction(scope, id, name);
  }

  readonly resource: Cloudfunctions2Function;
  /** `projects/{project}/locations/{region}/functions/{function}`, readable at synth. */
  readonly name: string;
  readonly serviceAccount: IServiceAccount;
  readonly audience: string;
  readonly pushEndpoint: string;
  readonly requestTimeoutSeconds: number;
  readonly internalTo?: string;
  readonly dependables: readonly ITerraformDependable[];
  private readonly variables: Variables;

  constructor(scope: Construct, id: string, props: CloudFunctionProps) {
    super(scope, id);
    const { projectId, region } = MillraceStack.of(this).context;
    const name = physicalName(this, NAME, nameOf(props));
    // The service under the function has its name, so no service may have it too.
    claimName(this, "service", name);
    const size = resolveSize(this, props);
    const runtime = props.runtime ?? DEFAULT_RUNTIME;
    checkRuntime(this, runtime);
    check(this, { size, region }, RULES);

    this.name = `projects/${projectId}/locations/${region}/functions/${name}`;
    this.audience = urlOf(this.name);
    this.requestTimeoutSeconds = size.timeoutSeconds;
    this.internalTo = (props.ingress ?? "internal") === "all" ? undefined : projectId;
    this.serviceAccount = resolveIdentity(this, props, nameOf(props));
    this.variables = resolveVariables(this, props, this.audience);
    this.resource = this.render(name, runtime, size, props);
    // The address of the service under the function: internal ingress lets Pub/Sub in at a run.app address.
    this.pushEndpoint = this.resource.serviceConfig.uri;
    this.dependables = [this.resource];
  }

  /** Sets an environment variable that follows from what surrounds the function, unless the user has set it. */
  addEnvironment(name: string, value: string): void {
    this.variables.add(name, value);
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(targetOf(this, this.name, this.resource.name), grantee, INVOKE, { reason });
  }

  private render(name: string, runtime: RuntimeName, size: ResolvedSize, props: CloudFunctionProps) {
    const { projectId, region } = MillraceStack.of(this).context;
    const builder = FunctionBuilder.of(this);
    const secrets = this.variables.grantSecrets(this.serviceAccount);
    return new Cloudfunctions2Function(this, "Resource", {
      project: projectId,
      location: region,
      name,
      buildConfig: {
        runtime,
        entryPoint: FUNCTION_ENTRY_POINT,
        serviceAccount: builder.identity.resource.name,
        dockerRepository: builder.repository.id,
        // The object is named after its content: another name is what makes Google build again.
        source: { storageSource: this.source(props) },
        automaticUpdatePolicy: {},
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
        environmentVariables: Token.asStringMap(
          this.variables.lazily((variables) => Object.fromEntries(variables.entries())),
        ),
        ...(secrets.length > 0 && {
          secretEnvironmentVariables: this.variables.secretEntries().map(([key, reference]) => ({ key, ...reference })),
        }),
      },
      dependsOn: [
        ...APIS.map((api) => enableApi(this, api)),
        ...builder.dependables,
        ...secrets.map(({ resource }) => resource),
      ],
      ...MillraceStack.of(this).protection,
    });
  }

  private source(props: CloudFunctionProps) {
    const archives = Archives.of(this);
    const { name, bytes } = archiveOf(this, "function", props);
    const object = archives.add(this, "Archive", { name: `${name}.zip`, bytes, type: "application/zip" });
    return { bucket: archives.bucket.reference, object: object.reference };
  }
}

class ExistingFunction extends Construct implements IPushTarget {
  readonly audience: string;
  readonly pushEndpoint: string;
  readonly dependables: readonly ITerraformDependable[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly name: string,
  ) {
    super(scope, id);
    if (isKnown(name) && !FUNCTION_NAME.test(name))
      addIssue(this, "MR1202", { problem: `"${name}" is not the full name of a function`, got: name });
    this.audience = urlOf(name);
    this.pushEndpoint = this.audience;
  }

  grantInvoke(grantee: IGrantee, reason?: string): Grant {
    return grant(targetOf(this, this.name, this.name.split("/").at(-1)!), grantee, INVOKE, { reason });
  }
}

const FUNCTION_NAME = /^projects\/[^/]+\/locations\/[^/]+\/functions\/[^/]+$/;

/**
 * The address that a function has whatever else it is called; the service under it accepts tokens for it, as a custom
 * audience. Known at synth. https://cloud.google.com/functions/docs/calling/http
 */
function urlOf(fullName: string): string {
  const [, project, , region, , name] = fullName.split("/");
  return `https://${region}-${project}.cloudfunctions.net/${name}`;
}

interface Checked {
  readonly size: ResolvedSize;
  readonly region: string;
}

/** Regions said to have no larger instances for functions; the list may be stale, so it only warns. */
const SMALL_REGIONS: readonly string[] = ["asia-northeast3", "asia-south2", "australia-southeast2"];
const SMALL_REGION_CPU = 4;

const RULES: readonly Rule<Checked>[] = [
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
