import { HandlerCounters } from "../../../constructs";
import { createLog } from "../../../runtime/log";
import { logDelivery } from "../../../runtime/core";
import type { Delivered } from "../../../runtime/deliver";
import { COUNTERS } from "../../../constructs/monitoring/handler-counter-data";
import { type Attributes, codesOf, plan } from "../../support/synth";

const build = () => plan((stack) => new HandlerCounters(stack, "Counters"));

/** The line of a delivery, as the runtime writes it. */
function lineOf(delivered: Delivered): Attributes {
  let written = "";
  const log = createLog((line) => (written = line), { handler: "orders" });
  logDelivery(log, { meta: { id: "1", attributes: {} }, data: Buffer.from(""), payload: () => ({}) }, delivered, 1);
  return JSON.parse(written) as Attributes;
}

/** Whether a line passes the tests of a counter: the few forms that they have. */
const passes = (where: string, line: Attributes) =>
  where.split(" AND ").every((test) => {
    const [, path = "", operator, value = ""] = /^jsonPayload\.([\w.]+)(=|:)(.*)$/.exec(test)!;
    const found = path.split(".").reduce<unknown>((at, key) => (at as Attributes | undefined)?.[key], line);
    return operator === ":" ? found !== undefined : JSON.stringify(found) === value;
  });

describe("the counters of a stack's handlers", () => {
  it("are six metrics with the handler as a label, of this stack's workloads alone", () => {
    const { all } = build();
    const metrics = all("google_logging_metric");
    expect(metrics.map(({ name }) => String(name)).sort()).toEqual(
      ["fencedWrites", "keyReuse", "leaseMargin", "parked", "replays", "takeovers"].map((name) => `web-dev/${name}`),
    );
    for (const { filter, label_extractors } of metrics) {
      expect(filter).toContain('resource.labels.service_name=~"^web-dev-"');
      expect(label_extractors).toMatchObject({ handler: "EXTRACT(jsonPayload.handler)" });
    }
  });

  it("keep the lease's margin as a distribution, and the classes of what is parked", () => {
    const { one } = build();
    expect(one("google_logging_metric", { name: "web-dev/leaseMargin" })).toMatchObject({
      value_extractor: "EXTRACT(jsonPayload.leaseMarginMs)",
      metric_descriptor: { metric_kind: "DELTA", value_type: "DISTRIBUTION", unit: "ms" },
      bucket_options: { exponential_buckets: { growth_factor: 2 } },
    });
    expect(one("google_logging_metric", { name: "web-dev/parked" })["label_extractors"]).toEqual({
      handler: "EXTRACT(jsonPayload.handler)",
      class: "EXTRACT(jsonPayload.cause.class)",
    });
  });

  it.each<[string, Delivered, string[]]>([
    ["a first delivery", { outcome: { kind: "done" }, lease: { takeover: false, marginMs: 9 } }, ["leaseMargin"]],
    ["a duplicate", { outcome: { kind: "replayed" } }, ["replays"]],
    ["a takeover", { outcome: { kind: "done" }, lease: { takeover: true, marginMs: undefined } }, ["takeovers"]],
    ["a fenced write", { outcome: { kind: "leaseLost" } }, ["fencedWrites"]],
    [
      "a key of another event",
      { outcome: { kind: "parked", cause: { class: "KeyReuse", message: "" } } },
      ["keyReuse", "parked"],
    ],
    ["a fatal error", { outcome: { kind: "parked", cause: { class: "Declined", message: "" } } }, ["parked"]],
  ])("count %s by the line that the runtime writes", (_, delivered, expected) => {
    const line = lineOf(delivered);
    expect(line["handler"]).toBe("orders");
    const counted = Object.entries(COUNTERS).flatMap(([name, { where }]) => (passes(where, line) ? [name] : []));
    expect(counted.sort()).toEqual(expected);
  });

  it("are watched, once Cloud Monitoring can know them", () => {
    const { all, address } = build();
    const policies = all("google_monitoring_alert_policy");
    expect(policies.map(({ severity }) => String(severity)).sort()).toEqual(["ERROR", "WARNING", "WARNING"]);
    for (const { depends_on, conditions, documentation } of policies) {
      expect(depends_on).toContain(address("time_sleep"));
      expect(conditions).toHaveLength(3);
      expect(documentation[0]?.content ?? documentation.content).toContain("gcloud logging read");
    }
    expect(all("time_sleep")[0]!["depends_on"]).toHaveLength(6);
  });

  it("can be left unwatched and off the dashboard", () => {
    const { addresses } = plan((stack) => new HandlerCounters(stack, "C", { alarms: false, dashboard: false }));
    expect(addresses.filter((one) => /alert|dashboard|sleep/.test(one))).toEqual([]);
    expect(codesOf((stack) => new HandlerCounters(stack, "C"))).toEqual([]);
  });
});
