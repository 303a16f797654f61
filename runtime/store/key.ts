import * as crypto from "node:crypto";
import { canonicalJson } from "../../contract/json";

/** In one call where Node has it (20.12): a `Hash` object costs several times its work, and the collector more. */
const sha256: (text: string) => string = crypto.hash
  ? (text) => crypto.hash("sha256", text, "base64url")
  : (text) => crypto.createHash("sha256").update(text).digest("base64url");

/**
 * Name of an event's record: a hash, since documents with sequential names crowd one tablet
 * (https://cloud.google.com/firestore/docs/best-practices), of the key within its scope: one event reaches several
 * handlers, and a handler may start anew by raising its epoch.
 */
export function recordKey(handler: string, epoch: number, userKey: string): string {
  return sha256(`${handler}#${epoch}\u001f${userKey}`);
}

/** Hash of what two events of equal key must share. */
export function fingerprintOf(value: unknown): string {
  return sha256(canonicalJson(value) ?? "undefined");
}

/** Base64url of 32 bytes. */
const KEY_LENGTH = 43;

/** The record that an outbox row was committed with: ids of rows begin with its key. */
export const recordKeyOfRow = (rowId: string): string => rowId.slice(0, KEY_LENGTH);
