import type { Construct } from "constructs";
import { enableApi, type Grant, grant, type IGrantee } from "../core";
import { MillraceStack } from "../core/stack";
import { SecretManagerSecretIamMember } from "../l1/secrets";
import type { ISecret } from "../secrets/secret";

/** A secret that a workload reads. */
export interface SecretReference {
  /** The secret, or its name in Secret Manager. */
  readonly secret: ISecret | string;
  /** Version, a number or `latest`; a number makes a new revision when it changes. @default "latest" */
  readonly version?: string;
  /** Project of a secret that is given by its name. @default the stack's */
  readonly projectId?: string;
}

/** A secret as Google's services are told of it. */
export interface ResolvedSecret {
  readonly secret: string;
  readonly version: string;
  readonly projectId: string;
}

/** Fills in what a reference leaves out. */
export function resolveSecret(construct: Construct, reference: SecretReference): ResolvedSecret {
  const { projectId: own } = MillraceStack.of(construct).context;
  const { secret, version = "latest", projectId = own } = reference;
  return typeof secret === "string"
    ? { secret, version, projectId }
    : { secret: secret.reference, version, projectId: secret.projectId };
}

/** `projects/{project}/secrets/{secret}`: how a container names it. */
export const secretPath = ({ projectId, secret }: ResolvedSecret): string => `projects/${projectId}/secrets/${secret}`;

/** Lets a workload's identity read a secret, and no other. */
export function grantSecret(construct: Construct, reference: SecretReference, grantee: IGrantee): Grant {
  const { secret } = reference;
  if (typeof secret !== "string") return secret.grantRead(grantee);
  const { projectId } = resolveSecret(construct, reference);
  return grant(
    {
      scope: construct,
      name: `projects/${projectId}/secrets/${secret}`,
      level: "resource",
      attach: (scope, id, config) =>
        new SecretManagerSecretIamMember(scope, `${secret}-${id}`, { ...config, project: projectId, secretId: secret }),
    },
    grantee,
    { role: "roles/secretmanager.secretAccessor", on: "secret", reason: "reads a secret at start" },
    // Without it Google refuses the grant, and the revision after it.
    { dependsOn: [enableApi(construct, "secretmanager.googleapis.com")] },
  );
}

/** Ids of secrets that the workload's own stack makes: what the first apply makes has no value yet. */
export const freshSecrets = (construct: Construct, references: readonly SecretReference[]): readonly string[] =>
  references.flatMap(({ secret }) =>
    typeof secret !== "string" && secret.madeIn === MillraceStack.of(construct) ? [secret.secretId] : [],
  );

/** google/cloud/secretmanager/v1/service.proto, `secret_id`. */
export const SECRET_NAME = /^[A-Za-z0-9_-]{1,255}$/;
