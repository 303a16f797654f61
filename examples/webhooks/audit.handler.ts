import { appendFile } from "node:fs/promises";
import { defineHandler } from "millrace/runtime";
import { audit, deliveryOf } from "./contracts";

/** `AUDIT_FILE` is a mounted file in the cloud and a scratch file on this machine. */
export default defineHandler(audit, async (webhook, ctx) => {
  const line = {
    delivery: deliveryOf(ctx.event),
    event: ctx.event.attributes["event"],
    action: webhook.action ?? null,
  };
  await appendFile(process.env["AUDIT_FILE"] ?? "/tmp/audit.ndjson", `${JSON.stringify(line)}\n`);
});
