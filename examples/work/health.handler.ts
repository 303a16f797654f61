import { defineHandler } from "millrace/runtime";
import { health } from "./contracts";

export default defineHandler(health, async ({ check }, ctx) => {
  await ctx.commit((tx) => tx.set(`checks/${ctx.event.id}`, { check, source: ctx.event.attributes["source"] ?? "" }));
});
