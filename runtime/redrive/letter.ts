import { DEDUPE_ATTRIBUTE } from "../../contract/store";
import type { EventMeta } from "../../contract/contract";
import type { Incoming } from "../decode/incoming";
import { parseJson } from "../decode/incoming";
import { PARK_ATTRIBUTES } from "../park";
import { revised } from "../record/revised";
import type { Change, Snapshot } from "../store/store";

/** Attribute that counts how often an event has been redriven; it travels on if the event is parked again. */
export const REDRIVES_ATTRIBUTE = "millrace-redrives";

/** A message of a dead-letter topic. */
export interface DeadLetter {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
  readonly publishTimeMs: number;
}

/** What the runtime wrote on a dead letter when it parked the event. */
export interface Postmark {
  readonly handler: string;
  /** Class of the error. */
  readonly cause: string;
  /** Record of the event; absent when the event had no key. */
  readonly record?: string;
  /** False when the record belongs to another event: this one only shared its key. */
  readonly claimed: boolean;
  /** Id of this parking. */
  readonly dedupeId: string;
  readonly redrives: number;
}

/** @returns nothing for a message that the runtime has not parked: Pub/Sub dead-lettered it itself */
export function postmarkOf({ attributes }: DeadLetter): Postmark | undefined {
  const { handler, cause, attempts, record } = PARK_ATTRIBUTES;
  const dedupeId = attributes[DEDUPE_ATTRIBUTE];
  if (!attributes[handler] || !attributes[cause] || !dedupeId) return undefined;
  return {
    handler: attributes[handler],
    cause: attributes[cause],
    claimed: Number(attributes[attempts]) > 0,
    dedupeId,
    redrives: redrivesOf(attributes),
    ...(attributes[record] && { record: attributes[record] }),
  };
}

export const redrivesOf = (attributes: DeadLetter["attributes"]) => Number(attributes[REDRIVES_ATTRIBUTE]) || 0;

const OURS: ReadonlySet<string> = new Set([...Object.values(PARK_ATTRIBUTES), DEDUPE_ATTRIBUTE, REDRIVES_ATTRIBUTE]);

/** The event as it was before it was parked: its own id and attributes, and the count of its redrives. */
export function eventOf(letter: DeadLetter): Incoming {
  const { attributes, data, orderingKey, publishTimeMs } = letter;
  const own = Object.entries(attributes).filter(([name]) => !OURS.has(name));
  const source = attributes[PARK_ATTRIBUTES.source];
  const meta: EventMeta = {
    id: attributes[PARK_ATTRIBUTES.messageId] ?? letter.id,
    // First, since a message that is parked with too many attributes drops the last ones.
    attributes: { [REDRIVES_ATTRIBUTE]: String(redrivesOf(attributes) + 1), ...Object.fromEntries(own) },
    publishTimeMs,
    ...(orderingKey && { orderingKey }),
    ...(source && { source }),
  };
  return { meta, data, payload: () => parseJson(data) };
}

export type Reopening =
  /** Write this, then deliver. */
  | { readonly kind: "reopen"; readonly change: Change }
  /** Nothing stands in the way. */
  | { readonly kind: "deliver" }
  /** The event has ended otherwise, or was parked again: this letter stands for nothing any more. */
  | { readonly kind: "obsolete" };

/**
 * What has to happen to the record before the event is delivered again: a parked one is released, its attempts start
 * anew and its epoch grows; the token stays, so that no owner of long ago gets through.
 */
export function reopening(key: string, { dedupeId }: Postmark, { stored, readMs }: Snapshot): Reopening {
  if (!stored || stored.record.expireAtMs <= readMs) return { kind: "deliver" };
  const { record, version } = stored;
  switch (record.state) {
    case "DONE":
      return { kind: "obsolete" };
    case "CLAIMED":
    case "RELEASED":
      return { kind: "deliver" };
    case "PARKED":
      if (dedupeId !== `${key}-${record.token}-parked`) return { kind: "obsolete" };
      return {
        kind: "reopen",
        change: {
          key,
          expect: version,
          record: revised(record, {
            state: "RELEASED",
            epoch: record.epoch + 1,
            attempts: 0,
            delayMs: 0,
            outbox: [],
          }),
          // At most the row of this very letter, which has been published.
          removeRows: record.outbox,
        },
      };
  }
}
