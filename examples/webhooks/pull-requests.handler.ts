import { defineHandler } from "millrace/runtime";
import { deliveryOf, pullRequests, RepositoryMissing } from "./contracts";

export default defineHandler(pullRequests, async (webhook, ctx) => {
  if (!webhook.repository) throw new RepositoryMissing(`pull request ${webhook.number} names no repository`);
  await ctx.commit((tx) => {
    tx.set(`pull-request-events/${deliveryOf(ctx.event)}`, {
      repository: webhook.repository!.full_name,
      number: webhook.number,
      action: webhook.action ?? "none",
      title: webhook.pull_request.title,
      state: webhook.pull_request.state,
    });
  });
});
