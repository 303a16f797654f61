import { defineHandler } from "millrace/runtime";
import { report } from "./contracts";

export default defineHandler(report, async ({ report_type }, ctx) => {
  const run = ctx.event.id.replace(/[^A-Za-z0-9]+/g, "-");
  await ctx.commit((tx) => tx.set(`reports/${run}`, { type: report_type, attempt: ctx.attempt }));
});
