import * as fc from "fast-check";
import { nearest } from "../../language/nearest";

describe("the nearest name", () => {
  it.each([
    ["regoin", ["region", "prefix", "labels"], "region"],
    ["Lables", ["region", "labels"], "labels"],
    ["maxInstance", ["minInstances", "maxInstances"], "maxInstances"],
    ["cp", ["cpu", "memory"], "cpu"],
    ["pullrequests", ["PullRequests", "Pushes"], "PullRequests"],
  ])("to %j among %j is %j", (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });

  it("is nothing when every candidate is far away", () => {
    expect(nearest("budget", ["region", "labels"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
  });

  it("finds the name behind any single slip", () => {
    const name = fc.stringMatching(/^[a-z]{3,12}$/);
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom("drop", "double", "swap"), (word, seed, slip) => {
        const at = seed % (word.length - 1);
        const letters = word.split("");
        if (slip === "drop") letters.splice(at, 1);
        else if (slip === "double") letters.splice(at, 0, letters[at]!);
        else letters.splice(at, 2, letters[at + 1]!, letters[at]!);
        expect(nearest(letters.join(""), ["0123456789ab", word])).toBe(word);
      }),
    );
  });
});
