import * as fc from "fast-check";
import { checkSchedule, parseSchedule, printSchedule } from "../../../language/schedule";
import { schedules } from "./schedules";

const printed = (text: string): string => {
  const parsed = parseSchedule(text);
  return parsed.ok ? printSchedule(parsed.schedule) : JSON.stringify(parsed.faults);
};
const faults = (text: string) => checkSchedule(text).map(({ message, offset }) => `${offset}: ${message}`);

describe("a schedule in unix cron", () => {
  it.each([
    ["* * * * *", "* * * * *"],
    ["  0   9 * *  1 ", "0 9 * * 1"],
    ["*/15 0-23/2 1,15 JAN-mar SUN", "*/15 0-23/2 1,15 1-3 0"],
    ["0 0 * * 7", "0 0 * * 0"],
    ["0 0 * * 5-7", "0 0 * * 5-7"],
    ["0 0 29 2 *", "0 0 29 2 *"],
  ])("%j is %j", (text, canonical) => expect(printed(text)).toBe(canonical));

  it.each([
    ["60 24 0 13 8", [0, 3, 6, 8, 11]],
    ["? * L * 5#2", [0, 4, 8]],
    ["*/0 9-5 1, * 5/10", [0, 4, 10, 13]],
    ["0 9 * * MONDAY", [8]],
    ["0 9 15W * *", [4]],
    ["1-2-3 * * * *", [0]],
  ])("every fault of %j has its place", (text, offsets) =>
    expect(checkSchedule(text).map(({ offset }) => offset)).toEqual(offsets),
  );

  it("says what would have been right", () =>
    expect(faults("0 9 * foo 1")).toEqual(['6: month: "foo" is not a number from 1 to 12, or a name from JAN to DEC']));

  it("has five fields, no seconds and no macros", () => {
    expect(faults("0 0 9 * * 1")).toEqual([expect.stringContaining("this has 6; it has none for seconds")]);
    expect(faults("0 9 *")).toEqual([expect.stringMatching(/^5: .* this has 3/)]);
    expect(faults("@daily")).toEqual([expect.stringContaining("no macros such as @daily")]);
    expect(faults("  ")).toEqual(["0: the schedule is empty"]);
  });

  it("is refused when no day would ever fit", () =>
    expect(faults("0 0 31 2,4 *")).toEqual([expect.stringMatching(/^4: .* would never run/)]));
});

describe("a schedule in words", () => {
  it.each([
    ["every monday 09:00", "every monday 09:00"],
    ["Every Day 0:05", "every day 00:05"],
    ["every 5 minutes", "every 5 minutes"],
    ["every 120 mins", "every 2 hours"],
    ["every 2 hours from 10:00 to 14:00", "every 2 hours from 10:00 to 14:00"],
    ["every 30 min synchronized", "every 30 minutes synchronized"],
    ["1st,third monday of month 09:00", "1st,3rd monday 09:00"],
    ["2nd,first wed,mon of mar,jan 17:00", "1st,2nd monday,wednesday of january,march 17:00"],
    ["1 of jan,april,july,oct 00:00", "1 of january,april,july,october 00:00"],
    ["15, 1 of month 12:30", "1,15 of month 12:30"],
  ])("%j is %j", (text, canonical) => expect(printed(text)).toBe(canonical));

  it.each([
    [
      "every blue monday 25:00",
      ['6: "blue" means nothing in a schedule', '18: "25:00" is not a time from 00:00 to 23:59'],
    ],
    ["every monday", ['12: a time such as "09:00" is missing at the end']],
    ["every 0 minutes", ["6: an interval is at least 1 minute"]],
    ["every 7 hours synchronized", ["6: a synchronized interval divides a day evenly"]],
    ["every 5 days", ['8: "days" means nothing in a schedule']],
    ["every 2 hours from 10:00", ["24: to is missing at the end"]],
    ["every monday 09:00 10:00", ['19: "10:00" comes after the end of the schedule']],
    ["31 of feb 09:00", ["0: no month it names has such a day, so it would never run"]],
    ["32 of month 09:00", ['0: "32" is not a day from 1 to 31']],
    ["first monday of 09:00", ['16: "09:00" stands where month, or months should']],
  ])("says what is wrong with %j", (text, messages) => expect(faults(text)).toEqual(messages));
});

describe("any schedule", () => {
  it("is parsed back from what is printed", () =>
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(parseSchedule(printSchedule(schedule))).toEqual({ ok: true, schedule });
      }),
    ));

  it("is parsed or refused at a place within the text, whatever the text", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom("every", "1st", "5", "monday", ",", "of", "month", "jan", "09:00", "from", "*", "*/5", "x"),
          { maxLength: 8 },
        ),
        (words) => {
          const text = words.join(" ");
          for (const { offset } of checkSchedule(text)) expect(offset >= 0 && offset <= text.length).toBe(true);
        },
      ),
    ));
});
