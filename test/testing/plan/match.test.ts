import { assert, jsonValue, property } from "fast-check";
import type { Json } from "../../../contract/json";
import { differences } from "../../../testing/plan/match";
import { asReference, referencesIn, valueAt, withKnown } from "../../../testing/plan/references";

describe("a value of a plan", () => {
  const actual: Json = { name: "a", retry: [{ min: "10s", max: "600s" }], tags: ["x", "y"], size: 3 };

  it.each([
    ["named properties alone", { name: "a" }],
    ["a block in a list of one", { retry: { min: "10s" } }],
    ["a list as a list", { retry: [{ max: "600s" }] }],
    ["a pattern", { name: /^a$/ }],
    ["a function", { size: (value: Json | undefined) => Number(value) > 2 }],
    ["a matcher of jest", { tags: expect.arrayContaining(["y"]) }],
    ["absence", { other: undefined }],
  ])("is compared by %s", (_by, expected) => {
    expect(differences(actual, expected)).toEqual([]);
  });

  it("is told apart in every place at once", () => {
    const expected = {
      name: /^b/,
      retry: { min: "1s", mid: "5s" },
      tags: ["x"],
      size: (value: Json | undefined) => value === 4,
      other: expect.stringContaining("q"),
      "retry.0": undefined,
      deep: { er: 1 },
    };
    expect(differences(actual, expected)).toEqual([
      'name: expected /^b/, got "a"',
      'retry.min: expected "1s", got "10s"',
      'retry.mid: expected "5s", got nothing',
      'tags: expected a list of 1, got ["x","y"]',
      "size: the function says no to 3",
      "other: expected StringContaining, got nothing",
      "deep: expected an object, got nothing",
    ]);
    expect(differences("a", undefined)).toEqual(['the value: expected nothing, got "a"']);
  });

  it("is what it is, and not what it is not", () => {
    assert(
      property(jsonValue(), (value) => {
        // JSON has no negative zero.
        const json = JSON.parse(JSON.stringify(value)) as Json;
        expect(differences(json, json)).toEqual([]);
        expect(differences([json, json], [json])).toHaveLength(1);
      }),
    );
  });
});

describe("a reference", () => {
  it("is the whole of a value, or a part of a text", () => {
    expect(asReference("${google_pubsub_topic.A_1.id}")).toEqual({
      address: "google_pubsub_topic.A_1",
      attribute: "id",
    });
    expect(asReference("${data.google_project.P.number}")).toEqual({
      address: "data.google_project.P",
      attribute: "number",
    });
    expect(asReference("serviceAccount:${google_service_account.A.email}")).toBeUndefined();
    expect(asReference("plain")).toBeUndefined();
    expect(asReference(["x"])).toBeUndefined();
    expect(referencesIn("${a_b.C.d}-${e_f.G.h[0].i}").map(({ address }) => address)).toEqual(["a_b.C", "e_f.G"]);
    expect(referencesIn("${upper(var.x)} $${a_b.C d}")).toEqual([]);
  });

  it("is replaced where it is known", () => {
    const known = ({ attribute }: { attribute: string }) => (attribute === "name" ? "n" : undefined);
    expect(withKnown("${a_b.C.name}/${a_b.C.id}", known)).toBe("n/a_b.C.id");
  });

  it("is found along a path, through lists of one block", () => {
    const value: Json = { a: [{ b: { c: 1 } }], d: [1, 2] };
    expect(valueAt(value, "a.b.c")).toBe(1);
    expect(valueAt(value, "a.0.b.c")).toBe(1);
    expect(valueAt(value, "d.1")).toBe(2);
    expect(valueAt(value, "a.x.c")).toBeUndefined();
  });
});
