import { pages } from "../../docs/pages";
import { checkSource } from "../../../language/workflows/check";
import { readStubs } from "../../../local/engine/workflows/stub-file";
import { run } from "./run";

const blocks = [...pages].filter(([page]) => page.startsWith("docs/workflows/")).flatMap(([, page]) => page.blocks);
const named = (name: string) => blocks.find(({ info }) => info["file"] === name)!.text;

describe("the pages about workflows", () => {
  it("show definitions with the faults that they name", () => {
    const faulty = blocks.filter(({ info }) => info["faults"] !== undefined);
    expect(faulty.length).toBeGreaterThan(0);
    for (const { text, info } of faulty)
      expect(
        checkSource(text)
          .faults.map(({ code }) => code)
          .sort(),
      ).toEqual(info["faults"]!.split(" ").sort());
  });

  it("show an execution that ends as they say", async () => {
    const { outcome, seconds, delays } = await run(named("reminder.yaml"), {
      stubs: readStubs(named("stubs.yaml"), "stubs.yaml"),
      env: { GOOGLE_CLOUD_PROJECT_ID: "p" },
    });
    expect(outcome).toMatchObject({ state: "SUCCEEDED", result: "17" });
    expect([seconds, delays]).toEqual([604_801, [1]]);
  });
});
