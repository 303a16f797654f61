import { type Format, formatFault } from "../../../../local/provider/values/formats";

const cases: Readonly<Record<Format, readonly [right: readonly string[], wrong: Readonly<Record<string, string>>]>> = {
  base64: [["", "eA==", "YWJj", "YW\nJj"], { "eA=": "could not decode", é: "could not decode" }],
  cidr: [["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"], { "10.0.0.0": "invalid CIDR", "10.0.0.0/33": "invalid CIDR" }],
  clock: [["00:00", "23:59"], { "24:00": "HH:mm", "1:00": "HH:mm", "01:60": "HH:mm" }],
  duration: [
    ["0", "10s", "1h30m", "-1.5h", "+.5ms", "100µs"],
    { "10": 'missing unit in duration "10"', "": "invalid duration", "1d": "invalid duration", "1h5": "missing unit" },
  ],
  ip: [["10.0.0.1", "::1"], { "10.0.0.256": "could not parse", "": "could not parse" }],
  json: [["{}", "1", '"x"'], { "{": "invalid JSON", "": "invalid JSON" }],
  notEmpty: [[" ", "x"], { "": "not be an empty string" }],
  serviceDomain: [["run.googleapis.com"], { run: "to be a domain" }],
  time: [
    ["2026-11-29T01:02:03Z", "2026-11-29T01:02:03.123+02:00"],
    { "2026-11-29": "RFC3339", "2026-13-29T01:02:03Z": "RFC3339", "2026-11-29T24:02:03Z": "RFC3339" },
  ],
};

describe.each(Object.entries(cases))("the form %s", (format, [right, wrong]) => {
  it.each(right)("takes %j", (value) => expect(formatFault(format as Format, "it", value)).toBeUndefined());
  it.each(Object.entries(wrong))("refuses %j", (value, says) =>
    expect(formatFault(format as Format, "it", value)).toContain(says),
  );
});
