import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Caller } from "../../contract/callers";
import {
  type AnyContract,
  check,
  enableApi,
  type Encryption,
  grantEncryption,
  handlerEnvironment,
  type IServiceAccount,
  type Labels,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { checkCaller } from "../core/callers";
import { checkLabels } from "../core/labels";
import type { IFirestoreDatabase } from "../firestore/database";
import { defaultStore, needsStore } from "../firestore/default";
import { noteHandler } from "../monitoring/handler-counters";
import type { MonitoringProps } from "../monitoring/monitored";
import type { HandlerKind, TransportName } from "../packaging/wrapper";
import { equip, type HandlerHost } from "../pipeline/equip";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";
import {
  type CodeOfHandler,
  type CodeOfImage,
  codeMounts,
  codeVolumes,
  leftToCi,
  resolveCode,
  SOURCE_ANNOTATION,
} from "./code";
import type { SecretReference } from "./secrets";
import { type Machine, MACHINE_RULES } from "./size";
import type { Variables } from "./variables";
import { bindVolumes, type Volumes } from "./volumes";
import { checkVpc, renderVpc, type VpcAccess } from "./vpc";
import { nameOf, resolveIdentity, variablesOf } from "./workload";

/** What jobs and worker pools accept alike. */
export interface UncalledProps {
  /** Name, after the stack's prefix. @default the contract's name, or else from the construct's path */
  readonly name?: string;
  /** Contract of the handler. @default none */
  readonly contract?: AnyContract;
  /** vCPUs of a container: 1, 2, 4, 6, 8. @default 1 */
  readonly cpu?: number;
  /** Memory of a container, 128Mi–32Gi within what the vCPUs allow. @default "512Mi" */
  readonly memory?: string;
  /** Environment variables, over those that follow from the contract. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables whose values are secrets; the identity is let read each of them. @default none */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Identity to run as. @default an account of its own */
  readonly serviceAccount?: IServiceAccount;
  /** A way into a network of one's own. @default none */
  readonly vpc?: VpcAccess;
  /** Files and sockets, by the absolute path they appear at. @default none */
  readonly volumes?: Volumes;
  /** A key of one's own for the image; Cloud Run is let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Lets only images in that a policy admits: the project's own, or another by its full name. @default none */
  readonly binaryAuthorization?: BinaryAuthorization;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
  /** Database of records. @default the stack's `(default)` database, if the contract needs one */
  readonly store?: IFirestoreDatabase;
}

export type BinaryAuthorization = "project" | { readonly policy: string };

type Code = CodeOfHandler | (CodeOfImage & { readonly contract?: AnyContract });

/** What a handler whom nobody calls can do beside its work: tell whoever waits. Every other transport is a request. */
export type UncalledTransport = Extract<TransportName, "workflowCallbacks">;

/** What tells jobs and worker pools apart where they are otherwise alike. */
export interface UncalledKind {
  /** What the handler becomes. */
  readonly handler: HandlerKind;
  /** What brings the handler its events; undefined where they have been brought before. */
  readonly caller?: Caller;
  /** For the person at the terminal. */
  readonly kind: string;
  readonly collection: "jobs" | "workerPools";
  /** Path of the block that holds the containers. */
  readonly template: string;
}

/** What a container is rendered to, whatever it stands in. */
export type RenderedContainer = ReturnType<UncalledWorkload["renderContainer"]>;

const DEFAULTS = { cpu: 1, memory: "512Mi" } as const;

const LOGS_AS = { jobs: "cloud_run_job", workerPools: "cloud_run_worker_pool" } as const;

/** google/cloud/run/v2/worker_pool.proto: fewer than 50 characters; a job's name and its execution's fit into 63. */
const nameRule = (kind: string): NameRule => ({
  kind,
  pattern: /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/,
  max: 49,
  allowed: "1–49 lower-case letters, digits and hyphens, starting with a letter and not ending in a hyphen",
});

/** What jobs and worker pools have in common: name, size, identity, variables, code, what is mounted. */
export abstract class UncalledWorkload extends Construct implements HandlerHost {
  /** Full name, readable at synth. */
  readonly name: string;
  /** The last part of the name. */
  readonly shortName: string;
  readonly serviceAccount: IServiceAccount;
  protected readonly machine: Machine;
  private readonly variables: Variables;

  protected constructor(
    scope: Construct,
    id: string,
    props: UncalledProps & Pick<MonitoringProps, "notify">,
    private readonly uncalled: UncalledKind,
  ) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId, region } = stack.context;
    const { contract, vpc, labels } = props;
    this.shortName = physicalName(this, nameRule(uncalled.kind), nameOf(props));
    this.name = `projects/${projectId}/locations/${region}/${uncalled.collection}/${this.shortName}`;
    this.machine = { cpu: props.cpu ?? DEFAULTS.cpu, memory: props.memory ?? DEFAULTS.memory };
    check(this, this.machine, MACHINE_RULES);
    if (vpc) checkVpc(this, vpc);
    checkLabels(this, labels ?? {});
    if (contract && uncalled.caller) checkCaller(this, contract, uncalled.caller);
    if (contract) noteHandler(this, LOGS_AS[uncalled.collection], props.notify);
    this.serviceAccount = resolveIdentity(this, props, nameOf(props));
    this.variables = variablesOf(this, props, contract && handlerEnvironment(stack, contract));
  }

  /** Sets an environment variable that follows from what surrounds the workload, unless the user has set it. */
  addEnvironment(name: string, value: string): void {
    this.variables.add(name, value);
  }

  /** Adds to an environment variable that is a list with commas, unless the user has set it. */
  extendEnvironment(name: string, value: string): void {
    this.variables.extend(name, value);
  }

  /** Lets the handler use its records and park. @returns what must exist before its first event */
  protected equip(
    { contract, store }: UncalledProps,
    deadLetterTopic: DeadLetterTopic | undefined,
  ): readonly ITerraformDependable[] {
    if (!contract) return [];
    const database = needsStore(contract) ? (store ?? defaultStore(this)) : undefined;
    return [...equip(this, { deadLetterTopic, store: database }), ...(deadLetterTopic?.dependables ?? [])];
  }

  /** What the provider is told of the container, and of the resource around it. */
  protected renderContainer(props: UncalledProps & Code, before: readonly ITerraformDependable[]) {
    const { handler, template } = this.uncalled;
    const { vpc, volumes, encryption, labels } = props;
    const { projectId, region, deletionProtection } = MillraceStack.of(this).context;
    const code = resolveCode(this, handler, props, this.machine, this.serviceAccount);
    const secrets = this.variables.grantSecrets(this.serviceAccount);
    const mounted = bindVolumes(this, volumes, {
      identity: this.serviceAccount,
      machine: this.machine,
      hasVpc: vpc !== undefined,
    });
    const key = encryption && grantEncryption(this, encryption, "run");
    return {
      resource: {
        project: projectId,
        location: region,
        name: this.shortName,
        deletionProtection,
        labels: labels && { ...labels },
        binaryAuthorization: renderAuthorization(props.binaryAuthorization),
        annotations: code.source === undefined ? undefined : { [SOURCE_ANNOTATION]: code.source },
        lifecycle: {
          // What gcloud, a console or CI writes and nobody configures here.
          ignoreChanges: ["client", "client_version", ...leftToCi(props, template)],
        },
        dependsOn: [
          enableApi(this, "run.googleapis.com"),
          ...code.dependsOn,
          ...mounted.dependsOn,
          ...secrets.map(({ resource }) => resource),
          ...(key ? [key.resource] : []),
          ...before,
        ],
      },
      template: {
        serviceAccount: this.serviceAccount.emailReference,
        encryptionKey: encryption?.kmsKeyName,
        vpcAccess: vpc && renderVpc(vpc),
        volumes: some([...(codeVolumes(code) ?? []), ...mounted.volumes]),
        containers: [
          {
            image: code.image,
            command: code.command,
            args: code.args,
            workingDir: code.workingDirectory,
            env: this.variables.blocks(),
            // Both, since the API fills in what is unset and 6.50.0 plans to remove it again (#28670).
            resources: { limits: { cpu: String(this.machine.cpu), memory: this.machine.memory } },
            volumeMounts: some([...(codeMounts(code) ?? []), ...mounted.mounts]),
          },
        ],
      },
    };
  }
}

/** A list, or nothing where an empty one would be a block. */
export const some = <T>(list: readonly T[]): T[] | undefined => (list.length === 0 ? undefined : [...list]);

export const renderAuthorization = (authorization: BinaryAuthorization | undefined) =>
  authorization === "project" ? { useDefault: true } : authorization && { policy: authorization.policy };
