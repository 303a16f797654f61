import {
  DISABLE_STACK_TRACE_IN_METADATA,
  GcsBackend,
  LocalBackend,
  type TerraformResourceLifecycle,
  TerraformStack,
} from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { codes } from "../../contract/codes";
import { IssuesError } from "../../contract/issue";
import { GoogleProvider } from "../l1/provider";
import { type Acknowledgement, acknowledge, check, checkAtSynth, type Rule, settleIssues } from "./issues";
import { checkIam } from "./iam";
import { completeStack } from "./completion";
import { writeContracts } from "./contract-book";
import { writeGrants } from "./grant-book";
import { checkLabels, type Labels } from "./labels";
import { checkRenames, moveRenamed, type Renames } from "./renames";
import { isRenderedHere, prepareReferences, renderStack } from "./render";
import { writeAtSynth } from "./synthesis";
import { isKnown } from "./tokens";

/** Where Terraform keeps the state of a stack. */
export type Backend =
  /** A bucket that exists already; @default prefix `millrace/<stack id>` */
  | { readonly kind: "gcs"; readonly bucket: string; readonly prefix?: string }
  /** A file, relative to the stack's folder in `cdktf.out`; @default path `terraform.<stack id>.tfstate` beside `cdktf.out` */
  | { readonly kind: "local"; readonly path?: string };

/** What every construct of a stack may know about where it will live. */
export interface StackContext {
  /** Name of the application, `^[a-z][a-z0-9-]*$`. */
  readonly app: string;
  /** Name of the environment, `^[a-z][a-z0-9-]*$`; handlers find it in `MILLRACE_ENV`. */
  readonly environment: string;
  readonly projectId: string;
  /** Digits. Service agents are named after it; reading it from Google would make a plan need the network. */
  readonly projectNumber: string;
  readonly region: string;
  /** Labels of every resource that can carry some. */
  readonly labels: Labels;
  /** Start of every resource name; empty for none. */
  readonly prefix: string;
  /** Whether Terraform refuses to destroy what holds messages, documents or traffic. */
  readonly deletionProtection: boolean;
  /** Folder that the `entry` of a handler is relative to. */
  readonly handlersDir: string;
  /** Whether constructs make the alert policies they offer. */
  readonly alarms: boolean;
  /** Whether there is a dashboard. */
  readonly dashboard: boolean;
  /** Whether what handlers say in their logs is counted by itself. */
  readonly counters: boolean;
  /** Where this documentation is served, without a slash at the end; undefined when nowhere. */
  readonly docsUrl?: string;
  /** What constructs were called before. */
  readonly renamedFrom: Renames;
}

export interface MillraceStackProps {
  /** Name of the application, `^[a-z][a-z0-9-]*$`. With the environment it is the stack's id: `<app>-<environment>`. */
  readonly app: string;
  /** Name of the environment, `^[a-z][a-z0-9-]*$`. */
  readonly environment: string;
  /** The Google Cloud project: its id, and its number in digits (service agents are named after it). */
  readonly project: { readonly id: string; readonly number: string };
  /** Region of everything that has one, for example `europe-west1`. */
  readonly region: string;
  /** Labels of every resource, beside `app` and `environment`. @default none */
  readonly labels?: Labels;
  /** Start of every resource name; `""` for none. @default `<app>-<environment>` */
  readonly prefix?: string;
  /** Refuses to destroy or replace what holds messages, documents or traffic. @default true */
  readonly deletionProtection?: boolean;
  /** @default a local file beside `cdktf.out` */
  readonly backend?: Backend;
  /** Folder that the `entry` of a handler is relative to. @default the working directory */
  readonly handlersDir?: string;
  /** `false` makes no alert policies, whatever constructs say. @default constructs make those they offer */
  readonly alarms?: boolean;
  /** `false` makes no dashboard. @default one, with a section for everything that offers one */
  readonly dashboard?: boolean;
  /**
   * `false` makes no `HandlerCounters` by itself.
   * @default they are made of a stack that has handlers, and alarms or a dashboard, unless it has some already
   */
  readonly counters?: boolean;
  /** Where you serve this documentation: notifications link to its pages. @default they name the page in the package */
  readonly docsUrl?: string;
  /**
   * What constructs were called before, by what they are called now: paths below the stack, `{ "Shop/Orders": "Orders" }`.
   * Everything below moves along, in Terraform's state (`moved`) and under its name in the cloud. The entry stays for as
   * long as a name follows from the old path.
   * @default nothing was renamed
   */
  readonly renamedFrom?: Renames;
  /** Warnings accepted for the whole stack. @default none */
  readonly acknowledge?: readonly Acknowledgement[];
}

const STACK = Symbol.for("millrace/stack");

/** One application in one environment: a Terraform root module with its project, region, names and state. */
export class MillraceStack extends TerraformStack {
  readonly context: StackContext;

  constructor(scope: Construct, props: MillraceStackProps) {
    super(scope, `${props.app}-${props.environment}`);
    Object.defineProperty(this, STACK, { value: true });
    // Call stacks in the manifest would make the output differ from machine to machine.
    this.node.setContext(DISABLE_STACK_TRACE_IN_METADATA, true);
    check(this, props, RULES);
    this.context = {
      app: props.app,
      environment: props.environment,
      projectId: props.project.id,
      projectNumber: props.project.number,
      region: props.region,
      labels: { ...props.labels, app: props.app, environment: props.environment },
      prefix: props.prefix ?? this.node.id,
      deletionProtection: props.deletionProtection ?? true,
      handlersDir: props.handlersDir ?? process.cwd(),
      alarms: props.alarms ?? true,
      dashboard: props.dashboard ?? true,
      counters: props.counters ?? ((props.alarms ?? true) || (props.dashboard ?? true)),
      docsUrl: props.docsUrl?.replace(/\/+$/, ""),
      renamedFrom: props.renamedFrom ?? {},
    };
    checkLabels(this, props.labels ?? {});
    for (const acknowledgement of props.acknowledge ?? []) acknowledge(this, acknowledgement);
    checkAtSynth(this, () => checkIam(this));
    checkAtSynth(this, () => checkRenames(this, this.context.renamedFrom));
    this.render(props.backend ?? { kind: "local" });
  }

  /** Arguments of a resource that holds what cannot be made again: Terraform refuses to destroy it, if the stack says so. */
  get protection(): { readonly lifecycle?: TerraformResourceLifecycle } {
    return this.context.deletionProtection ? { lifecycle: { preventDestroy: true } } : {};
  }

  /**
   * The stack a construct belongs to.
   * @throws IssuesError when the construct is not inside a `MillraceStack`
   */
  static override of(construct: IConstruct): MillraceStack {
    const stack = construct.node.scopes.find((scope) => STACK in scope);
    if (stack) return stack as IConstruct as MillraceStack;
    const problem = "it is not inside a MillraceStack, so its project and region are unknown";
    throw new IssuesError([
      { code: "MR1001", severity: "error", path: construct.node.path, problem, fix: codes.MR1001.fix },
    ]);
  }

  /** Called by cdktf for every stack before any is written: the moment to stop a synth. */
  override prepareStack(): void {
    completeStack(this);
    settleIssues(this);
    if (isRenderedHere(this)) {
      this.ensureBackendExists();
      prepareReferences(this);
    } else super.prepareStack();
    moveRenamed(this, this.context.renamedFrom);
  }

  /** The document that is written: what cdktf makes of the tree, in less time. */
  // oxlint-disable-next-line typescript/no-explicit-any -- cdktf's own type of it
  override toTerraform(): any {
    if (!isRenderedHere(this)) return super.toTerraform();
    const { rawOverrides } = this as unknown as { readonly rawOverrides: Record<string, unknown> };
    return renderStack(this, rawOverrides);
  }

  private render(backend: Backend): void {
    const { projectId, region, labels } = this.context;
    const provider = new GoogleProvider(this, "google", { project: projectId, region, defaultLabels: { ...labels } });
    // At the provider, since there is one writer per construct and the stack's own is left to whoever wants it.
    writeAtSynth(provider, (directory) => {
      writeGrants(this, directory);
      writeContracts(this, directory);
    });
    const id = this.node.id;
    if (backend.kind === "gcs")
      new GcsBackend(this, { bucket: backend.bucket, prefix: backend.prefix ?? `millrace/${id}` });
    // cdktf's own default is an absolute path: the plan would differ from machine to machine. Terraform resolves a
    // relative one from `cdktf.out/stacks/<stack>`.
    else new LocalBackend(this, { path: backend.path ?? `../../../terraform.${id}.tfstate` });
  }
}

const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
/** https://cloud.google.com/resource-manager/docs/creating-managing-projects; older ids carry a domain. */
const PROJECT_ID = /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

const RULES: readonly Rule<MillraceStackProps>[] = [
  ...(["app", "environment"] as const).map((field): Rule<MillraceStackProps> => ({
    code: "MR1002",
    fault: (props) =>
      !NAME.test(props[field]) && {
        problem: `${field} "${props[field]}" cannot be part of a stack's id`,
        got: props[field],
        want: String(NAME),
      },
  })),
  {
    code: "MR1003",
    fault: ({ project }) =>
      isKnown(project.id) &&
      !PROJECT_ID.test(project.id) && {
        problem: `"${project.id}" is not the id of a project`,
        got: project.id,
        want: String(PROJECT_ID),
      },
  },
  {
    code: "MR1003",
    fault: ({ project }) =>
      isKnown(project.number) &&
      !/^\d+$/.test(project.number) && {
        problem: `"${project.number}" is not the number of a project, so its service agents cannot be named`,
        got: project.number,
        want: "digits",
      },
  },
  {
    code: "MR1004",
    fault: ({ region }) =>
      isKnown(region) &&
      !/^[a-z]+-[a-z]+\d+$/.test(region) && {
        problem: `"${region}" is not a region`,
        got: region,
        want: "europe-west1",
      },
  },
];
