import { changeOf, knownAfterApply, withoutNulls, withUnknown } from "../../../testing/plan/changes";
import { planSnapshotOf } from "../../../testing/plan/plan-snapshot";

const base = { address: "google_x.a", type: "google_x", name: "a" };
const SHA = "0123456789abcdef".repeat(4);

describe("what a plan does to a resource", () => {
  it.each([
    [["create"], "add"],
    [["update"], "change"],
    [["delete", "create"], "replace"],
    [["create", "delete"], "replace"],
    [["delete"], "destroy"],
    [["read"], "read"],
    [["forget"], "forget"],
    [["no-op"], "none"],
  ])("is, for Terraform's %j, to %s it", (actions, action) => {
    expect(changeOf({ ...base, change: { actions, after: {} } }).action).toBe(action);
  });

  it("is not guessed for words of another Terraform", () => {
    const change = { actions: ["defer"], after: {} };
    expect(() => changeOf({ ...base, change })).toThrow("google_x.a: a plan that does defer");
  });

  it("has what is known after apply in its place, at any depth and in lists", () => {
    expect(withUnknown({ a: 1, list: [{ b: 2 }] }, { id: true, list: [{ c: true }, true] })).toEqual({
      a: 1,
      id: knownAfterApply,
      list: [{ b: 2, c: knownAfterApply }, knownAfterApply],
    });
    expect(withUnknown(undefined, { a: false })).toEqual({ a: null });
    expect(withUnknown(["x"], undefined)).toEqual(["x"]);
  });

  it("names what differs, what makes it a replacement, and where it was", () => {
    const change = changeOf({
      ...base,
      previous_address: "google_x.old",
      change: {
        actions: ["delete", "create"],
        before: { filter: "a", same: [1], gone: "x", nested: [{ v: 1 }] },
        after: { filter: "b", same: [1], gone: null, nested: [{ v: 1 }, { v: 2 }] },
        replace_paths: [["filter"], ["nested", 0, "v"]],
      },
    });
    expect(change).toMatchObject({
      action: "replace",
      changed: ["filter", "gone", "nested.1"],
      replacedBy: ["filter", "nested.0.v"],
      movedFrom: "google_x.old",
    });
    expect([change.get("filter"), change.get("gone"), change.get("nested.1.v")]).toEqual(["b", undefined, 2]);
  });

  it("is compared without the nulls of what is not set", () => {
    expect(withoutNulls({ a: null, b: [{ c: null, d: 0 }], e: false })).toEqual({ b: [{ d: 0 }], e: false });
  });
});

describe("a plan as text", () => {
  const changes = [
    changeOf({
      ...base,
      change: {
        actions: ["create"],
        after: { name: "n", empty: [], none: null, object: `archives/orders-0123456789abcdef.zip`, key: "k", sum: SHA },
        after_unknown: { id: true },
        after_sensitive: { key: true },
      },
    }),
    changeOf({
      ...base,
      address: "google_x.b",
      change: {
        actions: ["update"],
        before: { deadline: 10, secret: "old", nested: [{ v: 1 }, { v: 2 }] },
        after: { deadline: 20, secret: "new", nested: [{ v: 1 }] },
        after_unknown: { etag: true },
        before_sensitive: { secret: true },
      },
    }),
    changeOf({ ...base, address: "google_x.c", change: { actions: ["delete"], before: { name: "c" }, after: null } }),
    changeOf({
      ...base,
      address: "google_y.d",
      type: "google_y",
      change: { actions: ["no-op"], before: {}, after: {} },
    }),
  ];
  const snapshot = (options = {}) => planSnapshotOf({ changes }, options);

  it("shows what is made and what changes, with unknowns as such and secrets redacted", () => {
    expect(snapshot().split("\n")).toEqual([
      "+ google_x.a",
      "    id = (known after apply)",
      "    key = (sensitive value)",
      '    name = "n"',
      '    object = "archives/orders-<hash>.zip"',
      '    sum = "<sha256>"',
      "~ google_x.b",
      "    deadline = 10 -> 20",
      "    etag = null -> (known after apply)",
      '    nested.1 = {"v":2} -> null',
      "    secret = (sensitive value) -> (sensitive value)",
      "- google_x.c",
      "1 to add, 1 to change, 0 to replace, 1 to destroy",
    ]);
  });

  it("leaves out what it is told to", () => {
    const text = snapshot({ types: ["google_x"], omit: ["name", "nested"], unknown: false });
    expect(text).not.toMatch(/known after apply|nested|name = /);
    expect(text).toContain("deadline = 10 -> 20");
    expect(snapshot({ types: ["google_y"] })).toBe("0 to add, 0 to change, 0 to replace, 0 to destroy");
  });
});
