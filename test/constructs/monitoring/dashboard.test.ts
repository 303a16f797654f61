import {
  BigQueryDataset,
  Bucket,
  type Chart,
  chart,
  CloudRunService,
  type DashboardSection,
  DeadLetteredSubscription,
  FirestoreDatabase,
  isMonitored,
  type MillraceStack,
  monitor,
  Subscription,
  Topic,
} from "../../../constructs";
import { Construct } from "constructs";
import { type Plan, plan, planOf, STACK, testStack } from "../../support/synth";

interface Tile {
  readonly xPos?: number;
  readonly yPos?: number;
  readonly width: number;
  readonly height: number;
  readonly widget: Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any -- Google's JSON
}

const image = `europe-docker.pkg.dev/acme/images/reports@sha256:${"0".repeat(64)}`;

const dashboardOf = ({ one }: Plan) => {
  const text = one("google_monitoring_dashboard")["dashboard_json"] as string;
  return { text, ...(JSON.parse(text) as { displayName: string; mosaicLayout: { columns: number; tiles: Tile[] } }) };
};

const headings = (plan: Plan) =>
  dashboardOf(plan)
    .mosaicLayout.tiles.filter(({ widget }) => "sectionHeader" in widget)
    .map(({ widget }) => `${widget["sectionHeader"].subtitle} ${widget["title"]}`);

const shop = (stack: MillraceStack, ids: readonly string[] = ["Orders", "Bills"]) => {
  for (const id of ids) {
    const topic = new Topic(stack, id);
    new DeadLetteredSubscription(stack, `${id}Kept`, { topic });
  }
};

/** A construct of somebody else's with one chart. */
class Own extends Construct {
  readonly alarms = [];
  constructor(
    scope: Construct,
    id: string,
    readonly sections: readonly DashboardSection[],
  ) {
    super(scope, id);
    monitor(this);
  }
}

const own = (name: string, more: Partial<Chart> = {}): DashboardSection => ({
  title: name,
  kind: "probe",
  charts: Array.from({ length: 5 }, (_, index) => ({
    ...chart(`chart ${index}`, {
      metric: { type: "t", resourceType: "r", resourceLabels: { probe_name: name, location: "europe-west1" } },
      aligner: "ALIGN_MAX",
    }),
    ...more,
  })),
});

describe("the dashboard of a stack", () => {
  it("has a section for everything that offers one, whatever the order of construction", () => {
    const forwards = plan((stack) => shop(stack));
    const backwards = plan((stack) => shop(stack, ["Bills", "Orders"]));
    expect(headings(forwards)).toEqual([
      "subscription bills-kept",
      "subscription orders-kept",
      "topic web-dev-bills",
      "topic web-dev-orders",
    ]);
    expect(dashboardOf(backwards).text).toBe(dashboardOf(forwards).text);
  });

  it("is one, and there is none where nothing is offered", () => {
    const services = (stack: MillraceStack) => new CloudRunService(stack, "A", { image });
    expect(Object.keys(plan(services).resources("google_monitoring_dashboard"))).toHaveLength(1);
    expect(plan(() => undefined).resources("google_monitoring_dashboard")).toEqual({});
  });

  it("has tiles that fit side by side and cover each other nowhere", () => {
    const { mosaicLayout } = dashboardOf(plan((stack) => shop(stack)));
    const taken = new Set<string>();
    for (const { xPos = 0, yPos = 0, width, height } of mosaicLayout.tiles) {
      expect(xPos + width).toBeLessThanOrEqual(mosaicLayout.columns);
      for (let x = xPos; x < xPos + width; x++)
        for (let y = yPos; y < yPos + height; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
    expect(mosaicLayout.tiles.length).toBeGreaterThan(10);
  });

  it("leaves out zeros, which the API does not give back", () => {
    expect(dashboardOf(plan((stack) => shop(stack))).text).not.toMatch(/"[xy]Pos":0\b/);
  });

  it("shows each kind once when Google could not hold a chart of everything", () => {
    const names = Array.from({ length: 20 }, (_, index) => `probe-${index}`);
    const result = plan((stack) => {
      for (const name of names) new Own(stack, name, [own(name, { threshold: 3 })]);
    });
    expect(headings(result)).toEqual(["probe 20 × probe"]);
    const charts = dashboardOf(result).mosaicLayout.tiles.filter(({ widget }) => "xyChart" in widget);
    expect(charts).toHaveLength(5);
    const { timeSeriesFilter } = charts[0]!.widget["xyChart"].dataSets[0].timeSeriesQuery;
    expect(timeSeriesFilter.filter).toContain('resource.labels.probe_name = starts_with("probe-")');
    expect(timeSeriesFilter.filter).toContain('resource.labels.location = "europe-west1"');
    expect(charts[0]!.widget["xyChart"]).not.toHaveProperty("thresholds");
  });

  it("draws the value an alarm fires above", () => {
    const result = plan((stack) => new Own(stack, "Probe", [own("probe", { threshold: 3, shape: "heatmap" })]));
    const drawn = dashboardOf(result).mosaicLayout.tiles.find(({ widget }) => "xyChart" in widget)!.widget["xyChart"];
    expect(drawn).toMatchObject({ thresholds: [{ value: 3 }], dataSets: [{ plotType: "HEATMAP" }] });
  });

  it("keeps a literal ${ of a title from Terraform", () => {
    const result = plan((stack) => new Own(stack, "Probe", [own("${probe}")]));
    expect(dashboardOf(result).text).toContain("$${probe}");
  });

  it("leaves out dead-letter topics: their messages are a chart of the subscription they come from", () => {
    const { text } = dashboardOf(plan((stack) => shop(stack, ["Orders"])));
    expect(text).not.toContain('topic_id = \\"web-dev-orders-kept-dead-letter');
    expect(text).toContain("web-dev-orders-kept-dead-letter");
  });
});

describe("the off switches", () => {
  it.each([
    ["of a construct", {}, { alarms: false, dashboard: false }],
    ["of the stack", { alarms: false, dashboard: false }, {}],
    [
      "of the stack, over what a construct says",
      { alarms: false, dashboard: false },
      { alarms: true, dashboard: true },
    ],
  ])("%s make neither alert policies nor a dashboard", (_whose, props, switches) => {
    const stack = testStack({ ...STACK, ...props });
    const service = new CloudRunService(stack, "Reports", { image, ...switches });
    new Subscription(stack, "Kept", {
      topic: new Topic(stack, "Orders", { dashboard: false }),
      deadLetter: false,
      ...switches,
    });
    const { addresses } = planOf(stack);
    expect(addresses.filter((address) => /monitoring_(alert|dash)/.test(address))).toEqual([]);
    expect(service.alarms.map(({ id }) => id)).toEqual(["ServerErrors", "Slow", "Saturated", "Memory"]);
  });
});

describe("what a construct offers", () => {
  it("is metrics, alarms and sections as data", () => {
    const stack = testStack();
    const topic = new Topic(stack, "Orders");
    const service = new CloudRunService(stack, "Reports", { image, maxInstances: 7, timeout: "100s" });
    const subscription = new DeadLetteredSubscription(stack, "Kept", { topic });
    const stores = [
      new Bucket(stack, "Files"),
      new BigQueryDataset(stack, "Sales"),
      new FirestoreDatabase(stack, "Store"),
    ];
    expect([topic, service, subscription, ...stores].every(isMonitored)).toBe(true);
    expect(stores.map(({ sections }) => sections.map(({ kind }) => kind))).toEqual([
      ["bucket"],
      ["dataset"],
      ["database"],
    ]);
    expect(stores[0]!.sections[0]!.charts[0]!.series[0]!.metric.resourceLabels).toEqual({
      bucket_name: "acme-dev-web-dev-files",
    });
    expect(topic.metrics.published.resourceLabels).toEqual({ topic_id: "web-dev-orders" });
    expect(service.metrics.requests.resourceLabels).toEqual({
      service_name: "web-dev-reports",
      location: "europe-west1",
    });
    const thresholds = service.alarms.flatMap(({ conditions }) => conditions).map((one) => "above" in one && one.above);
    expect(thresholds).toEqual([0.05, 80_000, 6.5, 0.9]);
  });
});
