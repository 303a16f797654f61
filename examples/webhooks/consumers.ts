import type { WebhookEvent } from "./corpus";
import type { ReportedConsumer } from "./report";
import type { Consumer } from "./schedule";

/**
 * What the main job expects of each consumer of the deployed pipeline. The filters stand here a second time on purpose:
 * the check must not ask the code under test what it should have done.
 */
export const CONSUMERS: readonly (Consumer & ReportedConsumer & { readonly effects?: string })[] = [
  {
    handler: "pull-requests",
    transactional: true,
    ordered: true,
    effects: "pull-request-events",
    receives: ({ event }: WebhookEvent) => event === "pull_request",
    crashes: ["C2", "C3", "C6"],
  },
  {
    handler: "pushes",
    transactional: true,
    ordered: false,
    effects: "repository-events",
    receives: ({ event }: WebhookEvent) => event === "push" || event === "issues",
    crashes: ["C2", "C3", "C6"],
  },
  {
    handler: "audit",
    transactional: false,
    ordered: false,
    receives: () => true,
    crashes: ["C2", "C4", "C4", "C6"],
  },
];
