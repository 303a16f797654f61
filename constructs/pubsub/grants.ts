import type { GrantKind } from "../core";

/** Who needs what on Pub/Sub's resources. https://cloud.google.com/pubsub/docs/access-control */
export const PUBSUB_GRANTS = {
  publish: { role: "roles/pubsub.publisher", on: "topic", reason: "publishes messages" },
  park: { role: "roles/pubsub.publisher", on: "topic", reason: "parks messages that no retry will mend" },
  consume: { role: "roles/pubsub.subscriber", on: "subscription", reason: "receives messages" },
  describe: { role: "roles/pubsub.viewer", on: "subscription", reason: "reads the subscription's settings" },
  /** Without this one and the next, dead-lettering stops without a word. google/pubsub/v1: `DeadLetterPolicy` */
  forwardDeadLetters: {
    role: "roles/pubsub.publisher",
    on: "topic",
    reason: "forwards messages whose delivery attempts are used up",
  },
  acknowledgeDeadLetters: {
    role: "roles/pubsub.subscriber",
    on: "subscription",
    reason: "acknowledges messages it has forwarded to the dead-letter topic",
  },
} as const satisfies Record<string, GrantKind>;
