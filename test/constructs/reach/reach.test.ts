import { OMISSIONS } from "../../../constructs/core/omissions";
import { adapters } from "../../../local/engine/adapters";
import { describeWithTerraform, terraformFaults } from "../../support/terraform";
import { foldersInUse, isSet, settableOf } from "./settable";
import { attributesOf, specimenPlans } from "./specimens";

const plans = specimenPlans();
const reached = attributesOf(plans);
const types = foldersInUse().map(settableOf);

const covers = (omission: string, path: string) => path === omission || path.startsWith(`${omission}.`);

describe("what the constructs reach", () => {
  it.each(types)("of $type is everything but what is left out for a reason", ({ type, paths }) => {
    const omitted = Object.keys(OMISSIONS[type] ?? {});
    const set = (path: string) => (reached.get(type) ?? []).some((attributes) => isSet(attributes, path));
    const gaps = paths.filter((path) => !set(path) && !omitted.some((one) => covers(one, path)));
    expect(gaps).toEqual([]);
  });

  it.each(types)("of $type is left out nowhere by mistake", ({ type, paths }) => {
    const set = (path: string) => (reached.get(type) ?? []).some((attributes) => isSet(attributes, path));
    const stale = Object.keys(OMISSIONS[type] ?? {}).filter((omission) => {
      return paths.filter((path) => covers(omission, path)).every(set);
    });
    expect(stale).toEqual([]);
  });

  it("names no type in the omissions that nothing makes", () => {
    const known = new Set(types.map(({ type }) => type));
    expect(Object.keys(OMISSIONS).filter((type) => !known.has(type))).toEqual([]);
  });

  it("has a reason for everything left out", () => {
    const reasons = Object.values(OMISSIONS).flatMap((one) => Object.values(one));
    expect(reasons.filter((reason) => reason.length < 10 || reason.endsWith("."))).toEqual([]);
  });
});

describe("the local engine", () => {
  it("knows every type that the constructs make", () => {
    // The stack of the local environment has nothing to wait for.
    const types = [...reached.keys()].filter((type) => type !== "time_sleep");
    expect(types.filter((type) => !adapters.has(type))).toEqual([]);
  });
});

describeWithTerraform("Terraform", () => {
  it.each(plans.map((one, index) => [index + 1, one] as const))(
    "finds every reference of specimen %i, and an order to make its resources in",
    (_number, { json }) => expect(terraformFaults(json)).toEqual([]),
  );
});
