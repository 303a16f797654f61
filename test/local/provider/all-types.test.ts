import { type Random, seededRandom } from "../../../local/engine/random";
import type { Attributes } from "../../../local/plan/values";
import { complete } from "../../../local/provider/planner/settle";
import { settingsOf } from "../../../local/provider/planner/settings";
import { createProvider } from "../../../local/provider/provider";
import { createResources } from "../../../local/provider/resources";
import { valueTypes } from "../../../local/provider/schema/all";
import { googleSchema } from "../../../local/provider/schema/google";
import { typeOfBlock } from "../../../local/provider/schema/schema";
import { fromJson } from "../../../local/provider/values/convert";
import { decodeValue, encodeValue } from "../../../local/provider/values/msgpack";
import { isKnown, type ObjectValue, sameValue } from "../../../local/provider/values/value";
import { configOf } from "./configs";

const schema = googleSchema();
const settings = settingsOf({ project: "demo", region: "europe-west1", zone: "europe-west1-b" });

/** What does not hold of a type whose resource is created from a configuration, planned again, changed and destroyed. */
function faultsOf(type: string, random: Random, share: number): readonly string[] {
  const { block } = schema.resource(type)!;
  const valueType = typeOfBlock(block);
  const resources = createResources({ typeOf: valueTypes([schema]) });
  const provider = createProvider({ schema, resources, stack: "s", directory: "/", projectNumber: () => "1" });
  const given = (json: Attributes) => complete(block, fromJson(json, valueType) as ObjectValue);
  const config = given(configOf(block, random, share));
  const { planned } = provider.plan(type, settings, null, config);
  const { state, diagnostics } = provider.apply({ type, settings, prior: null, planned });
  // An adapter may refuse what makes no sense, as Google would.
  if (!state) return diagnostics.length > 0 ? [] : ["neither exists nor says why"];
  const travelled = (value: ObjectValue) => sameValue(decodeValue(encodeValue(value), valueType), value, valueType);
  const again = provider.plan(type, settings, provider.read(type, state).state, config);
  const other = provider.plan(type, settings, state, given(configOf(block, random, share))).planned!;
  const checks: Readonly<Record<string, boolean>> = {
    "the plan does not survive the wire": travelled(planned!),
    "the state does not survive the wire": travelled(state),
    "the state has something unknown": isKnown(state),
    "the state has no id": typeof state["id"] === "string" && state["id"] !== "",
    "the second plan is not empty": sameValue(again.planned, state, valueType),
    "the second plan replaces": again.requiresReplace.length === 0,
    "a change does not survive the wire": travelled(other),
  };
  return Object.keys(checks).filter((fault) => !checks[fault]);
}

describe("every resource type", () => {
  it.each([
    ["with what is required alone", 0],
    ["with half of what is optional", 0.5],
    ["with all that is optional", 1],
  ])("is planned, made, kept and left alone %s", (_what, share) => {
    const faults = schema.resources.flatMap((type) => {
      const found = faultsOf(type, seededRandom(`${type}/${share}`), share);
      return found.map((fault) => `${type}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });
});
