import { meansTheSame, sameButFor, type Sameness } from "../../../../local/provider/values/same";
import { UNKNOWN } from "../../../../local/provider/values/value";

const path = "projects/p/topics/t";
const cases: Readonly<Record<Sameness, readonly (readonly [before: string, now: string, same: boolean])[]>> = {
  dataflowTemplate: [
    ["gs://dataflow-templates-us-central1/latest/X", "gs://dataflow-templates/latest/X", true],
    ["gs://dataflow-templates-us-central1/latest/X", "gs://dataflow-templates/latest/Y", false],
    ["gs://own/latest/X", "gs://other/latest/X", false],
  ],
  duration: [
    ["300s", "5m", true],
    ["300s", "300.0s", true],
    ["1h30m", "5400s", true],
    ["300s", "301s", false],
    ["300", "300s", false],
    ["", "0s", false],
  ],
  keyVersion: [
    ["projects/p/cryptoKeys/k/cryptoKeyVersions/1", "projects/p/cryptoKeys/k", true],
    ["projects/p/cryptoKeys/k/cryptoKeyVersions/1", "projects/p/cryptoKeys/l", false],
    ["projects/p/cryptoKeys/k", "projects/p/cryptoKeys/k/cryptoKeyVersions/1", false],
  ],
  lastSlash: [
    ["https://x.example/", "https://x.example", true],
    ["https://x.example", "https://x.example/a", false],
  ],
  letterCase: [
    ["DOCKER", "docker", true],
    ["DOCKER", "dockers", false],
  ],
  limit: [
    ["", "0s", true],
    ["60s", "1m", true],
    ["", "1s", false],
    ["1s", "0s", false],
  ],
  name: [
    ["p", "projects/p", true],
    ["p", "projects/q", false],
  ],
  reference: [
    [path, "t", true],
    [`https://pubsub.googleapis.com/v1/${path}`, path, true],
    [path, path, true],
    [path, "u", false],
    [path, "projects/q/topics/t", false],
    ["t", path, false],
  ],
  surroundingBlanks: [
    ["severity >= ERROR", " severity >= ERROR\n", true],
    ["severity >= ERROR", "severity>=ERROR", false],
  ],
};

describe.each(Object.entries(cases))("values that are the same by %s", (sameness, all) => {
  it.each(all)("%j and now %j: %s", (before, now, same) =>
    expect(meansTheSame(sameness as Sameness, before, now)).toBe(same),
  );
});

it("values of which one is unknown or absent are never the same in other words", () => {
  for (const value of [null, UNKNOWN, 1, ["t"]] as const) {
    expect(meansTheSame("reference", value, "t")).toBe(false);
    expect(meansTheSame("reference", "t", value)).toBe(false);
    expect(sameButFor(["x"], value, {})).toBe(false);
  }
});

it("no limit is what is not there", () => {
  expect(meansTheSame("limit", null, "0s")).toBe(true);
});

it("maps are the same but for what Google adds to them", () => {
  expect(sameButFor(["x-goog-version"], { b: "1", a: "2", "x-goog-version": "v1" }, { a: "2", b: "1" })).toBe(true);
  expect(sameButFor(["x-goog-version"], { a: "2", "x-goog-version": "v1" }, { a: "3" })).toBe(false);
  expect(sameButFor(["x-goog-version"], { a: "2" }, { a: UNKNOWN })).toBe(false);
});
