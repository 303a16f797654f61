import { defineHandler } from "millrace/runtime";
import { films } from "./contracts";

export default defineHandler(films, async ({ film }, ctx) => {
  await ctx.commit((tx) => tx.set(`films/${film}`, { encoded: true }));
});
