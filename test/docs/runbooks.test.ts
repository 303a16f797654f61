import { read, treeFiles } from "../repo/tree";
import { attributesOf, specimenPlans } from "../constructs/reach/specimens";
import { pages } from "./pages";

const sources = treeFiles("constructs", "patterns").filter((file) => file.endsWith(".ts"));
const named = sources.flatMap((file) => [...read(file).matchAll(/page: "([^"]+)"/g)].map(([, page]) => page!));
const policies = attributesOf(specimenPlans()).get("google_monitoring_alert_policy")!;
/** Those that constructs make by themselves; the specimens make some of their own. */
const ours = policies.filter(({ documentation }) => /docs\/\S+#/.test(documentation.content as string));

describe("the page of an alarm", () => {
  it.each([...new Set(named)].sort())("%s exists, with its heading", (page) => {
    const [file, anchor] = page.split("#") as [string, string?];
    expect(pages.has(file)).toBe(true);
    if (anchor !== undefined) expect([...pages.get(file)!.anchors]).toContain(anchor);
  });

  it("is one of several", () => expect(new Set(named).size).toBeGreaterThan(7));
});

describe("the runbook of every alarm that comes by itself", () => {
  it("says how bad it is, what to type and where to read more", () => {
    expect(ours.length).toBeGreaterThan(10);
    const faults = ours.filter(
      ({ severity, documentation }) =>
        !["CRITICAL", "ERROR", "WARNING"].includes(severity as string) ||
        !/`gcloud [^`]+`/.test(documentation.content as string),
    );
    expect(faults.map(({ display_name: name }) => name as string)).toEqual([]);
  });

  it("leaves no command half filled in", () => {
    const commands = ours.flatMap(
      ({ documentation }) => (documentation.content as string).match(/`gcloud [^`]+`/g) ?? [],
    );
    expect(commands.filter((command) => /undefined|\$\{|NAME|PROJECT/.test(command))).toEqual([]);
    expect(commands.filter((command) => !command.includes("--project="))).toEqual([]);
  });
});
