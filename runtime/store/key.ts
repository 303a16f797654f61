import { createHash } from "node:crypto";
import { canonicalJson } from "../../contract/json";

/**
 * Name of an event's record: a hash, since documents with sequential names crowd one tablet
 * (https://cloud.google.com/firestore/docs/best-practices), of the key within its scope: one event reaches several
 * handlers, and a handler may start anew by raising its epoch.
 */
export function recordKey(handler: string, epoch: number, userKey: string): string {
  return createHash("sha256").update(`${handler}#${epoch}\u001f${userKey}`).digest("base64url");
}

/** Hash of what two events of equal key must share. */
export function fingerprintOf(value: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(value) ?? "undefined")
    .digest("base64url");
}

/** Base64url of 32 bytes. */
const KEY_LENGTH = 43;

/** The record that an outbox row was committed with: ids of rows begin with its key. */
export const recordKeyOfRow = (rowId: string): string => rowId.slice(0, KEY_LENGTH);
