import { defineContract, type EventMeta } from "millrace/contract";
import * as z from "zod";

/**
 * The parts of a GitHub webhook that the handlers read. GitHub adds fields at will, so objects stay open.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
const Repository = z.looseObject({ full_name: z.string() });
const Webhook = z.looseObject({ action: z.string().optional(), repository: Repository.optional() });

/** A payload that no retry will mend: it names no repository to file it under. */
export class RepositoryMissing extends Error {
  override readonly name = "RepositoryMissing";
}

/** A message without identity: nobody could tell its duplicates from it. */
export class DeliveryMissing extends Error {
  override readonly name = "DeliveryMissing";
}

/**
 * GitHub's delivery id (header `X-GitHub-Delivery`) is the identity of a webhook. A redelivery repeats the id; two
 * events may well carry equal payloads, so the content is never hashed.
 */
export const deliveryOf = (event: EventMeta) => {
  const id = event.attributes["delivery"];
  if (!id) throw new DeliveryMissing("the message has no attribute `delivery`");
  return id;
};

const retry = {
  attempts: 6,
  minBackoff: "1s",
  maxBackoff: "10s",
  fatal: [RepositoryMissing, DeliveryMissing],
} as const;

/** Keeps one document per pull request event, in the order in which GitHub sent them for a repository. */
export const pullRequests = defineContract({
  name: "pull-requests",
  input: Webhook.extend({ number: z.int(), pull_request: z.looseObject({ title: z.string(), state: z.string() }) }),
  key: (_webhook, event) => deliveryOf(event),
  effects: "transactional",
  writes: ["pull-request-events"],
  order: true,
  timeLimit: "60s",
  retry,
});

/** Keeps one document per push and per issue event. */
export const pushes = defineContract({
  name: "pushes",
  input: Webhook,
  key: (_webhook, event) => deliveryOf(event),
  effects: "transactional",
  writes: ["repository-events"],
  timeLimit: "60s",
  retry,
});

/** Appends every webhook to a file: an effect outside the store, so at least once. */
export const audit = defineContract({
  name: "audit",
  input: Webhook,
  key: (_webhook, event) => deliveryOf(event),
  effects: "at-least-once",
  timeLimit: "60s",
  retry,
});
