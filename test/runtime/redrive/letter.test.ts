import { deadLetterRow } from "../../../runtime/park";
import { type DeadLetter, eventOf, postmarkOf, reopening } from "../../../runtime/redrive/letter";
import type { RecordData, Snapshot } from "../../../runtime/store/store";
import { RECORD } from "../stores/conformance";

const KEY = "k".repeat(43);

/** A letter as parking writes it. */
const parked = (token = 2, own: Record<string, string> = { own: "1" }): DeadLetter => {
  const row = deadLetterRow({
    id: `${KEY}-${token}-parked`,
    topic: "projects/p/topics/dead",
    meta: { id: "m-1", attributes: own, orderingKey: "k", source: "projects/p/subscriptions/s" },
    data: Buffer.from('{"id":"7"}'),
    handler: "orders",
    cause: { class: "Declined", message: "no" },
    attempts: 3,
    recordKey: KEY,
    fingerprint: "f",
    expireAtMs: 0,
  });
  return { ...row, id: "letter-1", publishTimeMs: 5 };
};

describe("a dead letter", () => {
  it("becomes the event that it was, with the count of its redrives", () => {
    const event = eventOf(parked());
    const { meta, data } = event;
    expect(meta).toEqual({
      id: "m-1",
      attributes: { own: "1", "millrace-redrives": "1" },
      orderingKey: "k",
      source: "projects/p/subscriptions/s",
      publishTimeMs: 5,
    });
    expect([data.toString(), event.payload()]).toEqual(['{"id":"7"}', { id: "7" }]);
    expect(eventOf(parked(3, meta.attributes)).meta.attributes).toEqual({ own: "1", "millrace-redrives": "2" });
  });

  it("counts its redrives even if it has too many attributes", () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`a${i}`, "v"]));
    const again = parked(2, eventOf({ ...parked(), attributes: many }).meta.attributes);
    expect(postmarkOf(again)).toMatchObject({ redrives: 1 });
  });

  it("says who failed and why, unless Pub/Sub wrote it", () => {
    expect(postmarkOf(parked())).toEqual({
      handler: "orders",
      cause: "Declined",
      record: KEY,
      claimed: true,
      dedupeId: `${KEY}-2-parked`,
      redrives: 0,
    });
    const attributes = { CloudPubSubDeadLetterSourceSubscription: "s" };
    expect(postmarkOf({ ...parked(), attributes })).toBeUndefined();
  });
});

describe("the record of a parked event", () => {
  const NOW = 1_800_000_000_000;
  const found = (record: Partial<RecordData>): Snapshot => ({
    readMs: NOW,
    stored: { record: { ...RECORD, ...record }, version: "v", updatedMs: NOW },
  });
  const open = (snapshot: Snapshot) => reopening(KEY, postmarkOf(parked())!, snapshot);

  it("is released in a new epoch, with its token and its steps, and no attempts", () => {
    const steps = { charge: "1" };
    const error = { class: "Declined", message: "no" };
    expect(open(found({ state: "PARKED", token: 2, attempts: 3, epoch: 4, steps, error, outbox: ["r"] }))).toEqual({
      kind: "reopen",
      change: {
        key: KEY,
        expect: "v",
        removeRows: ["r"],
        record: {
          ...RECORD,
          state: "RELEASED",
          token: 2,
          attempts: 0,
          epoch: 5,
          revision: RECORD.revision + 1,
          steps,
          error,
          outbox: [],
        },
      },
    });
  });

  it.each([
    ["done meanwhile", { state: "DONE", token: 2 }, "obsolete"],
    ["parked again, as another letter", { state: "PARKED", token: 5 }, "obsolete"],
    ["released by an earlier run", { state: "RELEASED", token: 2 }, "deliver"],
    ["in somebody's hands", { state: "CLAIMED", token: 3 }, "deliver"],
    ["expired", { state: "PARKED", token: 2, expireAtMs: NOW }, "deliver"],
  ] as const)("%s: %j", (_name, record, kind) => {
    expect(open(found(record))).toEqual({ kind });
  });

  it("that is gone leaves nothing to reopen", () => {
    expect(open({ readMs: NOW })).toEqual({ kind: "deliver" });
  });
});
