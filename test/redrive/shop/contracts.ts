import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Caller, defineContract, type RetrySpec } from "millrace/contract";
import { Fatal } from "millrace/runtime";

/** Any object with an id; a schema library would only make four bundles larger. */
const input: StandardSchemaV1<unknown, { readonly id: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate(value) {
      const { id } = value as { readonly id?: unknown };
      return typeof id === "string" ? { value: { id } } : { issues: [{ message: "no id" }] };
    },
  },
};

export class Declined extends Error {
  override readonly name = "Declined";
}

const handled = (name: string, caller: Caller, retry: RetrySpec = {}) =>
  defineContract({
    name,
    input,
    key: ({ id }) => id,
    effects: "at-least-once",
    retry: { fatal: [Declined], ...retry },
    callers: [caller],
  });
/** Of senders that have no dead letters of their own. */
const THRICE = { attempts: 3, minBackoff: "1s" } as const;

export const charge = handled("charge", "pubsub");
export const notify = handled("notify", "pubsub");
export const mail = handled("mail", "tasks", THRICE);
export const report = handled("report", "scheduler", THRICE);
export const film = handled("film", "pubsub");
export const price = handled("price", "job");

/** Fails while the folder says that the handler is broken, by what the event is called; otherwise leaves a line in it. */
export function effect(name: string, { id }: { readonly id: string }): void {
  const folder = process.env["SHOP"] ?? "";
  if (existsSync(join(folder, `${name}-broken`))) {
    if (id.startsWith("unlucky")) throw new Error("not now");
    throw id.startsWith("declined") ? new Declined("no") : new Fatal("no");
  }
  appendFileSync(join(folder, "effects"), `${name} ${id}\n`);
}

/** A post office that takes each letter once, by its key. */
export function send(key: string, { id }: { readonly id: string }): void {
  writeFileSync(join(process.env["SHOP"] ?? "", `sent-${key}`), id);
}
