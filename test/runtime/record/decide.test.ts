import { type ClaimRequest, decide, firstClaim } from "../../../runtime/record/decide";
import type { RecordData } from "../../../runtime/store/store";

const NOW = 1_700_000_000_000;
const request: ClaimRequest = {
  key: "key",
  owner: "me",
  handler: "orders",
  epoch: 1,
  messageId: "m-2",
  leaseMs: 15_000,
  maxAttempts: 3,
  rememberMs: 7 * 86_400_000,
  nowMs: NOW,
};
const theirs: RecordData = { ...firstClaim({ ...request, owner: "they", messageId: "m-1" }) };

/** What a delivery decides that finds `record`, written `ageMs` ago by the store's clock. */
const meeting = (record: Partial<RecordData>, ageMs = 0, asked: Partial<ClaimRequest> = {}) =>
  decide(
    { stored: { record: { ...theirs, ...record }, version: "v", updatedMs: NOW }, readMs: NOW + ageMs },
    { ...request, ...asked },
  );

describe("a delivery that asks for an event", () => {
  it("claims it when nothing is known of it", () => {
    expect(decide({ readMs: NOW }, request)).toEqual({
      kind: "claim",
      expect: undefined,
      record: expect.objectContaining({ state: "CLAIMED", token: 1, attempts: 1, owner: "me" }),
    });
  });

  it("claims it once it was released, and counts the attempt", () => {
    expect(meeting({ state: "RELEASED", token: 4, attempts: 2, error: { class: "E", message: "" } })).toEqual({
      kind: "claim",
      expect: "v",
      record: expect.objectContaining({ state: "CLAIMED", token: 5, attempts: 3, lostLeases: 0, owner: "me" }),
    });
  });

  it("waits for the delay that the release asked for, by the store's clock", () => {
    expect(meeting({ state: "RELEASED", delayMs: 1_000 }, 400)).toEqual({ kind: "wait", forMs: 600 });
    expect(meeting({ state: "RELEASED", delayMs: 1_000 }, 1_000).kind).toBe("claim");
  });

  it("waits while a lease lives", () => {
    expect(meeting({ leaseMs: 15_000 }, 5_000)).toEqual({ kind: "wait", forMs: 10_000 });
    expect(meeting({ leaseMs: 15_000 }, 15_000)).toEqual({ kind: "wait", forMs: 0 });
  });

  it("takes it over when the lease has lapsed, and counts the loss", () => {
    expect(meeting({ leaseMs: 15_000 }, 15_001)).toEqual({
      kind: "claim",
      expect: "v",
      record: expect.objectContaining({ token: 2, attempts: 2, lostLeases: 1, owner: "me", messageId: "m-2" }),
    });
  });

  it("recognises its own claim whose reply was lost", () => {
    expect(meeting({ owner: "me" }, 60_000)).toMatchObject({ kind: "owned", version: "v" });
  });

  it("judges the lease without its own clock", () => {
    for (const skew of [-3_600_000, 3_600_000])
      expect(meeting({ leaseMs: 15_000 }, 5_000, { nowMs: NOW + skew })).toEqual({ kind: "wait", forMs: 10_000 });
  });

  it.each(["DONE", "PARKED"] as const)("ends it when it is %s", (state) => {
    expect(meeting({ state })).toMatchObject({ kind: "ended", record: { state } });
    expect(meeting({ state }, 6 * 86_400_000).kind).toBe("ended");
  });

  it("starts anew when the record has expired, with a token that still grows", () => {
    for (const state of ["DONE", "PARKED", "RELEASED", "CLAIMED"] as const)
      expect(meeting({ state, token: 9, attempts: 3 }, 7 * 86_400_000)).toEqual({
        kind: "claim",
        expect: "v",
        record: expect.objectContaining({ state: "CLAIMED", token: 10, attempts: 1, lostLeases: 0 }),
      });
  });

  it("finds no attempt left when all ended in silence", () => {
    expect(meeting({ leaseMs: 1, attempts: 3 }, 2)).toMatchObject({
      kind: "exhausted",
      record: { attempts: 3, token: 2 },
    });
    expect(meeting({ state: "RELEASED", attempts: 3 })).toMatchObject({ kind: "exhausted" });
    expect(meeting({ state: "RELEASED", attempts: 3 }, 0, { maxAttempts: Number.POSITIVE_INFINITY }).kind).toBe(
      "claim",
    );
  });

  it.each(["CLAIMED", "RELEASED", "DONE", "PARKED"] as const)(
    "refuses another content under the key of a %s event",
    (state) => {
      expect(meeting({ state, fingerprint: "a" }, 60_000, { fingerprint: "b" })).toEqual({ kind: "keyReuse" });
      expect(meeting({ state, fingerprint: "a" }, 60_000, { fingerprint: "a" }).kind).not.toBe("keyReuse");
    },
  );

  it("does not compare with a record from before the contract had a fingerprint, or after", () => {
    expect(meeting({ state: "DONE" }, 0, { fingerprint: "b" }).kind).toBe("ended");
    expect(meeting({ state: "DONE", fingerprint: "a" }).kind).toBe("ended");
  });
});
