import type { NameRule } from "../core";

/** Topics, subscriptions and schemas alike. google/pubsub/v1/pubsub.proto: `Topic.name`, `Subscription.name` */
export const pubsubName = (kind: string): NameRule => ({
  kind,
  pattern: /^(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/,
  max: 255,
  allowed: "3–255 letters, digits and -_.~+%, starting with a letter and not with goog",
});

/** `projects/acme/topics/orders` → `acme`. */
export const projectOf = (name: string): string | undefined => /^projects\/([^/]+)\//.exec(name)?.[1];
