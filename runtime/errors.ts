import { type Duration, milliseconds } from "../contract/duration";

/** Thrown by a handler: try again. Any other error that is not fatal means the same. */
export class Retry extends Error {
  override readonly name = "Retry";
  /** Earliest next attempt, milliseconds from the release of the lease. */
  readonly afterMs: number;
  /**
   * @param options.after no attempt before that; deliveries in between are refused. Where the transport counts its
   * deliveries at most the contract's `maxBackoff`: refusals are attempts too. @default "0s"
   */
  constructor(message: string, options: { readonly after?: Duration; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.afterMs = milliseconds(options.after ?? "0s");
  }
}

/** Thrown by a handler: no retry will mend it. The event is parked in the dead-letter topic and acknowledged. */
export class Fatal extends Error {
  override readonly name = "Fatal";
}

/**
 * Another delivery owns the event now: this one paused for longer than its lease, or ran past its time limit. Nothing
 * it does to the store counts any more.
 */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Why `ctx.signal` fired although the lease is still held. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly because: "time limit" | "shutdown") {
    super(because === "shutdown" ? "the instance is shutting down" : "the time limit of the contract has passed");
  }
}

/** `ctx.commit` was refused because a document it creates exists already; nothing of it was written. */
export class CommitConflict extends Error {
  override readonly name = "CommitConflict";
}

/** A service did not answer, or not in a way that tells whether it did what it was asked; asking again may help. */
export class Unavailable extends Error {
  override readonly name: string = "Unavailable";
}

/** The same of the store. */
export class StoreUnavailable extends Unavailable {
  override readonly name = "StoreUnavailable";
}

/** A request's body is larger than is read. */
export class BodyTooLarge extends Error {}

/** What Cloud Run lets through at most over HTTP/1: https://cloud.google.com/run/quotas */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** @throws BodyTooLarge */
export function checkSize(bytes: number, limit: number = MAX_BODY_BYTES): void {
  if (bytes > limit) throw new BodyTooLarge(`the body is larger than ${limit} bytes`);
}

/** Longest message kept of an error: it goes into records and logs. */
const MAX_MESSAGE = 1_000;

/** Class and message of anything that was thrown. */
export function describeError(error: unknown): { readonly class: string; readonly message: string } {
  if (!(error instanceof Error)) return { class: typeof error, message: String(error).slice(0, MAX_MESSAGE) };
  const own = error.name === "Error" ? error.constructor.name : error.name;
  return { class: own || "Error", message: error.message.slice(0, MAX_MESSAGE) };
}
