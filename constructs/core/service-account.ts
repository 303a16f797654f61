import { Construct } from "constructs";
import { GoogleServiceAccount, ServiceAccountIamMember } from "../l1/iam";
import { enableApi } from "./apis";
import type { Grant } from "./grant-book";
import { grant, type GrantKind, type GrantTarget, type IGrantee } from "./grants";
import { kebab, lastingPath, type NameRule, pathInStack, physicalName } from "./names";
import { MillraceStack } from "./stack";

export interface ServiceAccountProps {
  /** Name, after the stack's prefix; together at most 30 characters, longer ones end in a hash. @default from the path */
  readonly name?: string;
  /** What it is for, at most 100 characters. @default the construct's path */
  readonly displayName?: string;
}

/** An identity that a workload runs as, or that calls one. */
export interface IServiceAccount extends IGrantee {
  /** E-mail, readable at synth. */
  readonly email: string;
  /** E-mail as a reference: Terraform makes the account first. */
  readonly emailReference: string;
  /** Lets the grantee attach this account to a resource (`iam.serviceAccountUser`). */
  grantActAs(grantee: IGrantee): Grant;
  /** Lets the grantee make tokens of this account (`iam.serviceAccountTokenCreator`). */
  grantTokenCreator(grantee: IGrantee): Grant;
}

const KINDS = {
  actAs: { role: "roles/iam.serviceAccountUser", on: "service account", reason: "attaches the account to a resource" },
  tokens: { role: "roles/iam.serviceAccountTokenCreator", on: "service account", reason: "makes the account's tokens" },
} as const satisfies Record<string, GrantKind>;

/** https://cloud.google.com/iam/docs/service-accounts-create; ValidateRFC1035Name(6, 30) in the provider. */
const NAME: NameRule = {
  kind: "service account",
  pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  max: 30,
  allowed: "6–30 lower-case letters, digits and hyphens, starting with a letter",
};

/** What an account is to grants, whoever made it. */
abstract class GrantingAccount extends Construct implements IServiceAccount {
  abstract readonly email: string;
  abstract readonly emailReference: string;
  /** Full name, a reference where the account is made here. */
  protected abstract readonly name: string;
  readonly granteeId = kebab(pathInStack(this));
  readonly construct = this;

  get member(): string {
    return `serviceAccount:${this.emailReference}`;
  }

  get principal(): string {
    return `serviceAccount:${this.email}`;
  }

  grantActAs(grantee: IGrantee): Grant {
    return grant(targetOf(this, this.name), grantee, KINDS.actAs);
  }

  grantTokenCreator(grantee: IGrantee): Grant {
    return grant(targetOf(this, this.name), grantee, KINDS.tokens);
  }
}

/** A service account of the stack's project. It has no keys and no roles but those granted to it. */
export class ServiceAccount extends GrantingAccount {
  /** An account made elsewhere; roles can be granted to it and on it. */
  static fromExisting(scope: Construct, id: string, email: string): IServiceAccount {
    return new ExistingServiceAccount(scope, id, email);
  }

  readonly resource: GoogleServiceAccount;
  readonly email: string;
  readonly emailReference: string;
  protected readonly name: string;

  constructor(scope: Construct, id: string, props: ServiceAccountProps = {}) {
    super(scope, id);
    const { projectId } = MillraceStack.of(this).context;
    const accountId = physicalName(this, NAME, props.name);
    this.resource = new GoogleServiceAccount(this, "Resource", {
      project: projectId,
      accountId,
      displayName: props.displayName ?? lastingPath(this).slice(-100),
      dependsOn: [enableApi(this, "iam.googleapis.com")],
    });
    this.email = `${accountId}@${mailDomain(projectId)}`;
    this.emailReference = this.resource.email;
    this.name = this.resource.name;
  }
}

class ExistingServiceAccount extends GrantingAccount {
  readonly emailReference: string;
  protected readonly name: string;

  constructor(
    scope: Construct,
    id: string,
    readonly email: string,
  ) {
    super(scope, id);
    this.emailReference = email;
    this.name = `projects/-/serviceAccounts/${email}`;
  }
}

const targetOf = (account: Construct & IServiceAccount, serviceAccountId: string): GrantTarget => ({
  scope: account,
  name: `serviceAccounts/${account.email}`,
  level: "resource",
  attach: (scope, id, config) => new ServiceAccountIamMember(scope, id, { ...config, serviceAccountId }),
});

/** A project id with a domain (`example.com:orders`) becomes `orders.example.com` in e-mails. */
const mailDomain = (projectId: string) => `${projectId.split(":").reverse().join(".")}.iam.gserviceaccount.com`;
