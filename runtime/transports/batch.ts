import type { IncomingHttpHeaders } from "node:http";
import { decodeObject } from "../decode/cloudevent";
import { type Decoded, parseJson, undecodable } from "../decode/incoming";
import { MESSAGE_ID_HEADER } from "../decode/push";
import type { Delivered } from "../deliver";
import { type Outcome, pushStatus } from "../outcome";
import type { Transport } from "../transport";

export interface BatchOptions {
  /** Events handled at a time, from 1; those of equal `partitionkey` one after another. @default 20 */
  readonly atOnce?: number;
  /** Events that one request may bring; more are refused as a whole. @default 1000 */
  readonly most?: number;
}

/** Which outcome speaks for the whole: the first of these that there is. */
const WORST: readonly Outcome["kind"][] = ["retry", "leaseLost", "busy", "rejected"];

/**
 * Batches of CloudEvents in JSON: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#33-batched-content-mode
 *
 * Each event is handled for itself. A sender understands one status, so that is an ack only if every event is done or
 * parked; the body says what became of each. A sender that sends all of them again has the done ones replayed.
 */
export function cloudEventsBatch({ atOnce = 20, most = 1_000 }: BatchOptions = {}): Transport {
  return {
    // An unwrapped push turns attributes, which anybody may choose, into headers.
    recognises: (headers: IncomingHttpHeaders) =>
      /^application\/cloudevents-batch\+json\s*(;|$)/i.test(headers["content-type"] ?? "") &&
      headers[MESSAGE_ID_HEADER] === undefined,
    decode: () => undecodable("a batch is no event"),
    status: pushStatus,
    async answer(_headers, body, handle) {
      const events = eventsOf(body, most);
      if (typeof events === "string") {
        const { outcome } = await handle(undecodable(events));
        return { status: pushStatus(outcome), text: events };
      }
      const delivered = await inLanes(events.map(decodeObject), atOnce, handle);
      const kinds = delivered.map(({ outcome }) => outcome.kind);
      const worst = WORST.find((kind) => kinds.includes(kind));
      if (worst === undefined) return { status: 204, text: "" };
      const outcomes = delivered.map(({ outcome }, i) => {
        const { id, source } = (events[i] ?? {}) as { readonly id?: unknown; readonly source?: unknown };
        return { id, source, outcome: outcome.kind, status: pushStatus(outcome) };
      });
      const status = pushStatus(delivered[kinds.indexOf(worst)]!.outcome);
      return { status, text: JSON.stringify({ outcomes }), type: "application/json" };
    },
  };
}

/** The events of a batch, or what is wrong with it. */
function eventsOf(body: Buffer, most: number): readonly unknown[] | string {
  let events: unknown;
  try {
    events = parseJson(body);
  } catch {
    return "the batch is not JSON";
  }
  if (!Array.isArray(events)) return "the batch is not an array";
  return events.length > most ? `the batch has ${events.length} events; at most ${most} are taken` : events;
}

const ACKED: readonly Outcome["kind"][] = ["done", "replayed", "parked"];

/** Handles so many at a time; what follows a failed one of its partition is left for the next delivery. */
async function inLanes(
  events: readonly Decoded[],
  atOnce: number,
  handle: (decoded: Decoded) => Promise<Delivered>,
): Promise<readonly Delivered[]> {
  const delivered: Delivered[] = [];
  const lanes = new Map<unknown, number[]>();
  for (const [i, event] of events.entries()) {
    const lane = (event.ok ? event.incoming.meta.orderingKey : undefined) ?? i;
    lanes.set(lane, [...(lanes.get(lane) ?? []), i]);
  }
  const waiting = [...lanes.values()];
  const work = async () => {
    for (let lane = waiting.shift(); lane; lane = waiting.shift()) {
      let held = false;
      for (const i of lane) {
        delivered[i] = held ? { outcome: { kind: "busy" } } : await handle(events[i]!);
        held ||= !ACKED.includes(delivered[i].outcome.kind);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, work));
  return delivered;
}
