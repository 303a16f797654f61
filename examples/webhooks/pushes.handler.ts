import { defineHandler } from "millrace/runtime";
import { deliveryOf, pushes, RepositoryMissing } from "./contracts";

export default defineHandler(pushes, async (webhook, ctx) => {
  const event = ctx.event.attributes["event"] ?? "unknown";
  if (!webhook.repository) throw new RepositoryMissing(`the ${event} event names no repository`);
  await ctx.commit((tx) => {
    tx.set(`repository-events/${deliveryOf(ctx.event)}`, {
      repository: webhook.repository!.full_name,
      event,
      action: webhook.action ?? "none",
    });
  });
});
