import { Construct } from "constructs";
import { KmsCryptoKeyIamMember } from "../l1/kms";
import { type Agent, serviceAgent } from "./agents";
import type { Grant } from "./grant-book";
import { grant, type GrantKind } from "./grants";
import { addIssue } from "./issues";
import { kebab } from "./names";
import { MillraceStack } from "./stack";
import { isKnown } from "./tokens";

/** A key of one's own in Cloud KMS, in place of Google's. Who destroys it destroys what it encrypts. */
export interface Encryption {
  /** `projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}` */
  readonly kmsKeyName: string;
}

const USE: GrantKind = {
  role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
  on: "key",
  reason: "encrypts and decrypts what is stored",
};

const KEY_NAME = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

/** Lets a service agent use a key, which it must be before the first resource that names the key. */
export function grantEncryption(construct: Construct, { kmsKeyName }: Encryption, agent: Agent): Grant {
  if (isKnown(kmsKeyName) && !KEY_NAME.test(kmsKeyName))
    addIssue(construct, "MR1030", { problem: `"${kmsKeyName}" is not the full name of a key`, got: kmsKeyName });
  return grant(
    {
      scope: homeOf(construct, kmsKeyName),
      name: kmsKeyName,
      level: "resource",
      attach: (scope, id, config) => new KmsCryptoKeyIamMember(scope, id, { ...config, cryptoKeyId: kmsKeyName }),
    },
    serviceAgent(construct, agent),
    USE,
  );
}

/** Several resources share a grant on a key, so it belongs to none of them; one that goes must not take it along. */
function homeOf(construct: Construct, kmsKeyName: string): Construct {
  if (!isKnown(kmsKeyName)) return construct;
  const stack = MillraceStack.of(construct);
  const keys = stack.node.tryFindChild("Keys") ?? new Construct(stack, "Keys");
  const id = kebab([kmsKeyName]);
  return keys.node.tryFindChild(id) ?? new Construct(keys, id);
}
