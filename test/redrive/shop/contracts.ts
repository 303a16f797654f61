import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Caller, defineContract } from "millrace/contract";
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

const handled = (name: string, caller: Caller) =>
  defineContract({
    name,
    input,
    key: ({ id }) => id,
    effects: "at-least-once",
    retry: { fatal: [Declined] },
    callers: [caller],
  });

export const charge = handled("charge", "pubsub");
export const notify = handled("notify", "pubsub");
export const mail = handled("mail", "tasks");
export const report = handled("report", "scheduler");
export const film = handled("film", "pubsub");
export const price = handled("price", "job");

/** Fails while the folder says that the handler is broken; otherwise leaves a line in it. */
export function effect(name: string, { id }: { readonly id: string }): void {
  const folder = process.env["SHOP"] ?? "";
  if (existsSync(join(folder, `${name}-broken`)))
    throw id.startsWith("declined") ? new Declined("no") : new Fatal("no");
  appendFileSync(join(folder, "effects"), `${name} ${id}\n`);
}
