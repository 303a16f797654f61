import { type KeyObject, createHash, createPrivateKey, createPublicKey, generateKeyPair } from "node:crypto";
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

/** The issuer's RSA key and how it is published. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Starts with `local-`, so that a token of this machine shows what it is. */
  readonly kid: string;
}

/** Text before the armour is skipped by every reader of PEM (RFC 7468 §2). */
const NOTE = "LOCAL: signs tokens of the Millrace engine on this machine and is accepted nowhere else.\n";

/**
 * The key kept in `file`, or a new one that is then kept there, readable by its owner alone. A file that others can
 * read, or that holds no 2048-bit RSA key, is replaced.
 * @param file without one the key lives as long as the process
 */
export async function loadKey(file?: string): Promise<SigningKey> {
  const kept = file === undefined ? undefined : await readKey(file);
  if (kept) return signingKey(kept);
  // The asynchronous form runs beside the event loop: up to 300 ms that the start of the engine must not wait for.
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  if (file !== undefined) await writeKey(file, privateKey);
  return signingKey(privateKey);
}

async function readKey(file: string): Promise<KeyObject | undefined> {
  try {
    if (((await stat(file)).mode & 0o077) !== 0) return undefined;
    const key = createPrivateKey(await readFile(file));
    return key.asymmetricKeyType === "rsa" && key.asymmetricKeyDetails?.modulusLength === 2048 ? key : undefined;
  } catch {
    return undefined;
  }
}

async function writeKey(file: string, key: KeyObject): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(NOTE + key.export({ type: "pkcs8", format: "pem" }).toString());
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const digest = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  return { privateKey, publicKey, kid: `local-${digest.slice(0, 16)}` };
}

/** The key as a JSON Web Key, as Google's `certs` endpoint lists them. */
export const publicJwk = ({ publicKey, kid }: SigningKey) => {
  const { n, e } = publicKey.export({ format: "jwk" });
  return { kty: "RSA", alg: "RS256", use: "sig", kid, n, e };
};
