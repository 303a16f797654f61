import * as fc from "fast-check";
import { clockChanges, isTimeZone, nextRuns, parseSchedule, type Schedule } from "../../../language/schedule";
import { schedules } from "./schedules";

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.schedule;
}
const runs = (text: string, zone: string, after: string, count = 4) =>
  nextRuns(schedule(text), zone, Date.parse(after), count).map((at) => new Date(at).toISOString().slice(5, 16));

describe("the runs of a schedule", () => {
  it("are those of the clock on the wall", () => {
    expect(runs("0 9 * * 1", "Etc/UTC", "2026-11-24T12:00:00Z", 2)).toEqual(["11-30T09:00", "12-07T09:00"]);
    expect(runs("0 9 * * 1", "Asia/Kolkata", "2026-11-24T12:00:00Z", 2)).toEqual(["11-30T03:30", "12-07T03:30"]);
    expect(runs("every monday 09:00", "Europe/Berlin", "2026-03-22T12:00:00Z", 2)).toEqual([
      "03-23T08:00",
      "03-30T07:00",
    ]);
  });

  it("are after the instant asked about", () =>
    expect(runs("0 9 * * *", "Etc/UTC", "2026-11-24T09:00:00Z", 1)).toEqual(["11-25T09:00"]));

  it("are those of either field when both day of the month and day of the week are given", () =>
    expect(runs("0 9 13 * 5", "Etc/UTC", "2026-11-06T12:00:00Z", 3)).toEqual([
      "11-13T09:00",
      "11-20T09:00",
      "11-27T09:00",
    ]));

  it.each([
    ["1st,third monday of month 09:00", ["12-07T09:00", "12-21T09:00", "01-04T09:00"]],
    ["5th monday of nov,mar 06:30", ["11-30T06:30", "03-29T06:30", "11-29T06:30"]],
    ["31 of month 12:00", ["12-31T12:00", "01-31T12:00", "03-31T12:00"]],
    ["every 2 hours from 10:00 to 14:00", ["11-25T10:00", "11-25T12:00", "11-25T14:00"]],
    ["every 3 hours from 22:00 to 04:00", ["11-24T22:00", "11-25T01:00", "11-25T04:00"]],
    ["every 8 hours synchronized", ["11-24T16:00", "11-25T00:00", "11-25T08:00"]],
    ["every 90 minutes", ["11-24T16:00", "11-24T17:30", "11-24T19:00"]],
  ])("%j", (text, expected) => expect(runs(text, "Etc/UTC", "2026-11-24T14:30:00Z", 3)).toEqual(expected));
});

describe("a change of the clocks", () => {
  it.each(["30 2 * * *", "every day 02:30"])("leaves out what falls into the gap: %s", (text) =>
    expect(runs(text, "Europe/Berlin", "2026-03-27T12:00:00Z", 2)).toEqual(["03-28T01:30", "03-30T00:30"]),
  );

  it.each(["30 2 * * *", "every day 02:30"])("runs twice what comes twice: %s", (text) =>
    expect(runs(text, "Europe/Berlin", "2026-10-24T12:00:00Z", 3)).toEqual([
      "10-25T00:30",
      "10-25T01:30",
      "10-26T01:30",
    ]),
  );

  it("keeps the beat of what runs every half hour", () =>
    expect(runs("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", 5)).toEqual([
      "10-25T00:30",
      "10-25T01:00",
      "10-25T01:30",
      "10-25T02:00",
      "10-25T02:30",
    ]));

  it("may be of half an hour", () =>
    expect(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2)).toEqual([
      "04-04T14:45",
      "04-04T15:15",
    ]));

  it("is told in advance for schedules that name hours", () => {
    const told = (text: string, zone: string) =>
      clockChanges(schedule(text), zone, Date.UTC(2026, 0, 1), 365).map(
        ({ kind, wallMs }) => `${kind} ${new Date(wallMs).toISOString().slice(0, 16)}`,
      );
    expect(told("30 2 * * *", "Europe/Berlin")).toEqual(["skipped 2026-03-29T02:30", "twice 2026-10-25T02:30"]);
    expect(told("*/20 2 * * *", "Europe/Berlin")).toHaveLength(6);
    expect(told("30 2 * * 1", "Europe/Berlin")).toEqual([]);
    expect(told("30 2 * * *", "Etc/UTC")).toEqual([]);
    expect(told("*/30 * * * *", "Europe/Berlin")).toEqual([]);
  });
});

describe("a time zone", () => {
  it.each(["Etc/UTC", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])("may be %s", (zone) =>
    expect(isTimeZone(zone)).toBe(true),
  );
  it.each(["Berlin", "+02:00", "Europe/berlin!", "", "Europe/Nowhere"])("is not %j", (zone) =>
    expect(isTimeZone(zone)).toBe(false),
  );
});

const ZONES = [
  "Etc/UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Africa/Casablanca",
];

describe("the changes told of any schedule", () => {
  it("are those of its times, found one by one", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom(...ZONES),
        (h, m, zone) => {
          const from = Date.UTC(2026, 0, 1);
          const one = schedule(`${m} ${h} * * *`);
          const told = clockChanges(one, zone, from, 365);
          const end = from + 365 * 86_400_000;
          const runs = nextRuns(one, zone, from, 370).filter((at) => at <= end).length;
          const twice = told.filter(({ kind }) => kind === "twice").length;
          const missing = told.length - twice;
          expect(Math.abs(runs - (365 + twice - missing))).toBeLessThanOrEqual(1);
          expect(new Set(told.map(({ wallMs }) => wallMs)).size).toBe(told.length);
        },
      ),
      { numRuns: 30 },
    ));
});

describe("any schedule in any zone", () => {
  const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

  it("runs at whole minutes after the instant, ascending, each once", () =>
    fc.assert(
      fc.property(schedules, fc.constantFrom(...ZONES), instants, (one, zone, seconds) => {
        const after = Math.floor(seconds / 60_000) * 60_000;
        const found = nextRuns(one, zone, after, 5);
        expect(found).toHaveLength(5);
        found.reduce((before, at) => {
          expect(at).toBeGreaterThan(before);
          expect(at % 60_000).toBe(0);
          return at;
        }, after);
      }),
    ));

  it("does not depend on where one starts to look", () =>
    fc.assert(
      fc.property(schedules, fc.constantFrom(...ZONES), instants, (one, zone, after) => {
        if (one.kind === "interval" && one.window === undefined) return;
        const [first, second, third] = nextRuns(one, zone, after, 3);
        expect(nextRuns(one, zone, first!, 2)).toEqual([second, third]);
      }),
    ));
});
