import { Construct } from "constructs";
import { type Duration, toGoogleDuration } from "../../language/duration";
import {
  addIssue,
  durationOf,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type GrantOptions,
  type GrantTarget,
  type IGrantee,
  isKnown,
  type Labels,
  MillraceStack,
  type NameRule,
  physicalName,
} from "../core";
import { checkLabels } from "../core/labels";
import { SecretManagerSecret, SecretManagerSecretIamMember } from "../l1/secrets";

export interface SecretProps {
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** Regions that keep a copy; cannot be changed later. @default Google chooses */
  readonly regions?: readonly [string, ...string[]];
  /** How long a version that is destroyed can be restored. @default not at all */
  readonly restoreWithin?: Duration;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A secret, made here or elsewhere; its values are nobody's business here. */
export interface ISecret {
  readonly projectId: string;
  /** Readable at synth. */
  readonly secretId: string;
  /** The id as a reference: Terraform makes the secret first. */
  readonly reference: string;
  /** The stack that makes it, which can hold no value before it is applied; undefined for one made elsewhere. */
  readonly madeIn?: MillraceStack;
  /** Lets the grantee read the values of this secret, and of no other. */
  grantRead(grantee: IGrantee, options?: GrantOptions): Grant;
}

const READ: GrantKind = { role: "roles/secretmanager.secretAccessor", on: "secret", reason: "reads a secret at start" };

/** google/cloud/secretmanager/v1/service.proto, `secret_id`. */
const NAME: NameRule = {
  kind: "secret",
  pattern: /^[A-Za-z0-9_-]{1,255}$/,
  max: 255,
  allowed: "1–255 letters, digits, hyphens and underscores",
};

/**
 * A secret of Secret Manager, without a value: what Terraform sets stands in its state. Add versions with
 * `gcloud secrets versions add`.
 */
export class Secret extends Construct implements ISecret {
  /** A secret made elsewhere. @param name `projects/{project}/secrets/{secret}` */
  static fromExisting(scope: Construct, id: string, name: string): ISecret {
    return new ExistingSecret(scope, id, name);
  }

  readonly resource: SecretManagerSecret;
  readonly projectId: string;
  readonly secretId: string;
  readonly reference: string;
  readonly madeIn: MillraceStack;

  constructor(scope: Construct, id: string, props: SecretProps = {}) {
    super(scope, id);
    this.madeIn = MillraceStack.of(this);
    const { projectId, deletionProtection } = this.madeIn.context;
    this.projectId = projectId;
    this.secretId = physicalName(this, NAME, props.name);
    checkLabels(this, props.labels ?? {});
    const { regions, restoreWithin } = props;
    this.resource = new SecretManagerSecret(this, "Resource", {
      project: projectId,
      secretId: this.secretId,
      replication: regions ? { userManaged: { replicas: regions.map((location) => ({ location })) } } : { auto: {} },
      versionDestroyTtl:
        restoreWithin === undefined ? undefined : toGoogleDuration(durationOf(this, "restoreWithin", restoreWithin)),
      deletionProtection,
      labels: props.labels && { ...props.labels },
      dependsOn: [enableApi(this, "secretmanager.googleapis.com")],
    });
    this.reference = this.resource.secretId;
  }

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, READ, options);
  }
}

class ExistingSecret extends Construct implements ISecret {
  readonly projectId: string;
  readonly secretId: string;
  readonly reference: string;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    const [, projectId = "", secretId = ""] = /^projects\/([^/]+)\/secrets\/([^/]+)$/.exec(name) ?? [];
    if (isKnown(name) && secretId === "")
      addIssue(this, "MR1852", { problem: `"${name}" is not the full name of a secret`, got: name });
    this.projectId = projectId;
    this.secretId = secretId;
    this.reference = secretId;
  }

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, READ, options);
  }
}

const targetOf = (secret: Construct & ISecret): GrantTarget => ({
  scope: secret,
  name: `projects/${secret.projectId}/secrets/${secret.secretId}`,
  level: "resource",
  attach: (scope, id, config) =>
    new SecretManagerSecretIamMember(scope, id, { ...config, project: secret.projectId, secretId: secret.reference }),
});
