import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ProjectIamMember } from "../l1/iam";
import type { GrantRecord } from "../../contract/grants";
import { ofSameStack } from "./dependables";
import { bookOf, type Grant, recordsOf } from "./grant-book";
import { check, type Rule } from "./issues";
import { kebab } from "./names";
import { MillraceStack } from "./stack";
import { isKnown } from "./tokens";

/** Somebody a role can be given to. */
export interface IGrantee {
  /** IAM member, possibly with a reference that makes Terraform wait for its creation. */
  readonly member: string;
  /** The same member, readable at synth: `serviceAccount:orders-push@my-project.iam.gserviceaccount.com`. */
  readonly principal: string;
  /** Part of the construct ids of grants to it: stable, and the same in every environment. */
  readonly granteeId: string;
  /** What must exist before the grant. @default nothing */
  readonly dependables?: readonly ITerraformDependable[];
  /** The construct it is. A grant on another stack's resource is made in the grantee's. @default none: in the resource's */
  readonly construct?: IConstruct;
}

/** A role, on a kind of resource, and the reason somebody gets it: a line of a table of grants. */
export interface GrantKind {
  readonly role: `roles/${string}`;
  /** Kind of resource, for the report: `topic`, `project`. */
  readonly on: string;
  /** What the role is for, in a few words. */
  readonly reason: string;
  /** Why nothing narrower than the project would do; without it a grant on the project is an error. */
  readonly because?: string;
}

/** IAM condition that narrows a grant. */
export interface GrantCondition {
  readonly title: string;
  /** CEL. */
  readonly expression: string;
}

/** The member resource to be made, in Terraform's words. */
export interface MemberConfig {
  readonly role: string;
  readonly member: string;
  readonly condition?: GrantCondition;
  readonly dependsOn: ITerraformDependable[];
}

/** A resource that roles can be granted on. */
export interface GrantTarget {
  /** The construct that holds the grants. */
  readonly scope: Construct;
  /** Full resource name, readable at synth: `projects/my-project/topics/orders`. */
  readonly name: string;
  readonly level: "resource" | "project";
  /** Makes the `*_iam_member`; never a binding or a policy, which take away what Google granted itself. */
  readonly attach: (scope: Construct, id: string, config: MemberConfig) => TerraformResource;
}

/** A project, by default the stack's, as a target, for roles that Google has on nothing narrower. */
export function projectTarget(scope: Construct, project = MillraceStack.of(scope).context.projectId): GrantTarget {
  return {
    scope,
    name: `projects/${project}`,
    level: "project",
    attach: (scope, id, config) => new ProjectIamMember(scope, id, { ...config, project }),
  };
}

/**
 * Something that Google knows by project, location and name, as a target.
 * @param fullName `projects/{project}/locations/{location}/{collection}/{name}`
 * @param name the short name, or a reference that makes Terraform wait for its creation
 */
export function locatedTarget(
  scope: Construct,
  fullName: string,
  name: string,
  Member: new (
    scope: Construct,
    id: string,
    config: MemberConfig & { readonly project?: string; readonly location?: string; readonly name: string },
  ) => TerraformResource,
): GrantTarget {
  const [, project, , location] = fullName.split("/");
  return {
    scope,
    name: fullName,
    level: "resource",
    attach: (inner, id, config) => new Member(inner, id, { ...config, project, location, name }),
  };
}

export interface GrantOptions {
  /** @default the reason of the kind */
  readonly reason?: string;
  readonly condition?: GrantCondition;
  /** What must exist before the grant takes effect. @default nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Grants a role. The same grant twice in a stack is one resource with both reasons. */
export function grant(target: GrantTarget, grantee: IGrantee, kind: GrantKind, options: GrantOptions = {}): Grant {
  const { condition, reason = kind.reason } = options;
  const scope = homeOf(target, grantee);
  const book = bookOf(MillraceStack.of(scope));
  const key = [target.name, kind.role, grantee.principal, condition?.expression].join("\n");
  const earlier = book.get(key);
  if (earlier) {
    if (!earlier.reasons.includes(reason)) earlier.reasons.push(reason);
    return earlier;
  }
  check(target.scope, { target, grantee, kind }, RULES);
  const { role, on, because } = kind;
  const abroad = scope === target.scope ? undefined : kebab(target.name.split("/"));
  const id = [abroad, role.replace("roles/", ""), grantee.granteeId, condition?.title].filter(Boolean).join("-");
  const dependsOn = ofSameStack(scope, [...(grantee.dependables ?? []), ...(options.dependsOn ?? [])]);
  const resource = target.attach(scope, id, { role, member: grantee.member, condition, dependsOn });
  const reasons = [reason];
  const record = { principal: grantee.principal, role, resource: target.name, on, reasons, because };
  const made = { record: { ...record, condition: condition?.expression }, resource, reasons };
  book.add(key, made);
  return made;
}

/**
 * Where the member resource goes: to the resource it is on, unless the grantee is of another stack. Then that stack
 * refers to the resource's already, as a consumer does to its topic, and a reference back would be a circle.
 */
function homeOf(target: GrantTarget, grantee: IGrantee): Construct {
  if (!grantee.construct) return target.scope;
  const stack = MillraceStack.of(grantee.construct);
  if (stack === MillraceStack.of(target.scope)) return target.scope;
  return stack.node.tryFindChild("Grants") ?? new Construct(stack, "Grants");
}

/** Every grant of the stack that a construct belongs to: principal × role × resource × reasons, sorted. */
export const grantsOf = (construct: IConstruct): readonly GrantRecord[] => recordsOf(MillraceStack.of(construct));

/** Somebody known only by IAM's own notation, for example `group:ops@example.com`. */
export function principal(member: string): IGrantee {
  return { member, principal: member, granteeId: member.replace(/[^A-Za-z0-9]+/g, "-") };
}

/** Whether it is one of the accounts that Google makes for the workloads of a project that name none. */
export const isDefaultAccount = (principal: string): boolean =>
  /^serviceAccount:(\d+-compute@developer|[^@]+@appspot)\.gserviceaccount\.com$/.test(principal);

interface Request {
  readonly target: GrantTarget;
  readonly grantee: IGrantee;
  readonly kind: GrantKind;
}

const RULES: readonly Rule<Request>[] = [
  {
    code: "MR1021",
    fault: ({ grantee, kind }) =>
      isKnown(grantee.principal) &&
      isDefaultAccount(grantee.principal) && {
        problem: `${kind.role} would go to the default account ${grantee.principal}, which every workload of the project shares`,
        got: grantee.principal,
      },
  },
  {
    code: "MR1022",
    fault: ({ target, kind }) =>
      target.level === "project" &&
      !kind.because && {
        problem: `${kind.role} would be granted on the whole of ${target.name} without a reason why nothing narrower will do`,
      },
  },
  {
    // CKV_GCP_41, 42, 49 and 117: roles that let a workload become somebody else or administer the project.
    code: "MR1023",
    fault: ({ target, kind }) =>
      target.level === "project" &&
      /(admin|editor|owner|serviceAccountUser|serviceAccountTokenCreator)$/i.test(kind.role) && {
        problem: `${kind.role} on ${target.name} lets its holder administer the project or become another account`,
        got: kind.role,
      },
  },
];
