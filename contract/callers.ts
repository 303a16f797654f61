/**
 * What may bring a handler its events, and what it is called in messages. A closed list: each member is something that
 * the constructs wire and the runtime can tell from the others.
 */
export const CALLERS = {
  /** A push subscription, or messages that a worker pool pulls. */
  pubsub: "Pub/Sub",
  /** A trigger of Eventarc Standard. */
  eventarc: "Eventarc",
  tasks: "Cloud Tasks",
  scheduler: "Cloud Scheduler",
  workflows: "a workflow",
  /** A Cloud Run job that the handler is: it brings its items itself. A redrive job is none of these. */
  job: "a Cloud Run job",
  /** Any other account that was let invoke it. */
  direct: "an account of yours",
} as const;

export type Caller = keyof typeof CALLERS;

/** Whether a contract takes events of a kind of caller; one that names none takes those of all. */
export const takesFrom = ({ callers }: { readonly callers?: readonly Caller[] }, from: Caller): boolean =>
  callers === undefined || callers.includes(from);

/** A member of the list of accounts that a runtime is told of: `push@…`, or `pubsub:push@…` where the kind matters. */
export const accountOf = (told: string): string => told.replace(/^[a-z]+:/, "");

/** The kind of caller that an account was wired for; undefined when the list does not say. */
export const kindOf = (told: string): string | undefined => /^([a-z]+):/.exec(told)?.[1];

/** Set by a redrive over HTTP, which brings what a caller has brought before, with the token of one. */
export const REDRIVE_HEADER = "x-millrace-redrive";
