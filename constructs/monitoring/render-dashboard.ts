import { type LabelTest, type Metric, renderMetric } from "./metric";
import type { Chart, DashboardSection, Series } from "./section";

/** Columns of a mosaic in every version of the API; wider grids are newer. google/monitoring/dashboard/v1/layouts.proto */
const COLUMNS = 12;
const TILE = { width: 4, height: 3 } as const;
const HEADER_HEIGHT = 1;

/** Widgets that Google is said to take on a dashboard. https://cloud.google.com/monitoring/quotas */
const MOST_WIDGETS = 100;

/** The dashboard in Google's JSON, the same text for the same sections. */
export function renderDashboard(title: string, sections: readonly DashboardSection[], projectId: string): string {
  const shown = widgetsOf(sections) > MOST_WIDGETS ? summarize(sections) : sections;
  const perRow = COLUMNS / TILE.width;
  let yPos: number = HEADER_HEIGHT;
  const tiles = [tile({ width: COLUMNS, height: HEADER_HEIGHT }, 0, 0, intro(projectId))];
  for (const section of shown) {
    tiles.push(tile({ width: COLUMNS, height: HEADER_HEIGHT }, 0, yPos, heading(section)));
    yPos += HEADER_HEIGHT;
    section.charts.forEach((one, index) => {
      const xPos = (index % perRow) * TILE.width;
      tiles.push(tile(TILE, xPos, yPos + Math.floor(index / perRow) * TILE.height, xyChart(one)));
    });
    yPos += Math.ceil(section.charts.length / perRow) * TILE.height;
  }
  return JSON.stringify(sortKeys({ displayName: title, mosaicLayout: { columns: COLUMNS, tiles } }));
}

/** Headings count as well. */
const widgetsOf = (sections: readonly DashboardSection[]) =>
  sections.reduce((sum, { charts }) => sum + 1 + charts.length, 1);

/** One section per kind. Charts of one title become one, over everything whose name starts as theirs do. */
function summarize(sections: readonly DashboardSection[]): readonly DashboardSection[] {
  return [...groupBy(sections, ({ kind }) => kind)].map(([kind, alike]) => ({
    kind,
    title: alike.length === 1 ? alike[0]!.title : `${alike.length} × ${kind}`,
    charts: [
      ...groupBy(
        alike.flatMap(({ charts }) => charts),
        ({ title }) => title,
      ).values(),
    ].map(merge),
  }));
}

/** Thresholds differ from one to the next, so none is drawn. */
function merge(charts: readonly Chart[]): Chart {
  const [first, ...others] = charts as [Chart, ...Chart[]];
  if (others.length === 0) return first;
  const series = first.series.map((one, index) => {
    const alike = charts.flatMap((chart) => chart.series[index] ?? []);
    const of = alike.flatMap((each) => each.of ?? []);
    return { ...one, metric: widen(alike.map(({ metric }) => metric)), ...(of.length > 0 && { of: widen(of) }) };
  });
  return { ...first, series, threshold: undefined };
}

/** The metric of all of the given resources, and of whatever else is named alike. */
function widen(metrics: readonly Metric[]): Metric {
  const [first] = metrics as readonly [Metric];
  const labels = Object.entries(first.resourceLabels).map(([label, test]): [string, LabelTest] => {
    const values = metrics.map(({ resourceLabels }) => resourceLabels[label] ?? "");
    if (values.every((value) => value === test)) return [label, test];
    return [label, { startsWith: commonStart(values.filter((value) => typeof value === "string")) }];
  });
  return { ...first, resourceLabels: Object.fromEntries(labels) };
}

function commonStart(texts: readonly string[]): string {
  const [first = ""] = texts;
  let length = first.length;
  for (const text of texts) while (!text.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

function tile(
  { width, height }: { readonly width: number; readonly height: number },
  xPos: number,
  yPos: number,
  widget: object,
) {
  // The API leaves zeros out, and what it leaves out would be a difference.
  return { width, height, ...(xPos > 0 && { xPos }), ...(yPos > 0 && { yPos }), widget };
}

const intro = (projectId: string) => ({
  text: {
    content: `[Open incidents](https://console.cloud.google.com/monitoring/alerting?project=${projectId}) · each alarm carries its runbook`,
    format: "MARKDOWN",
  },
});

const heading = ({ title, kind }: DashboardSection) => ({
  title,
  sectionHeader: { subtitle: kind, dividerBelow: true },
});

const SHAPES = {
  line: "LINE",
  "stacked-area": "STACKED_AREA",
  "stacked-bar": "STACKED_BAR",
  heatmap: "HEATMAP",
} as const;

const xyChart = ({ title, series, shape = "line", threshold }: Chart) => ({
  title,
  xyChart: {
    dataSets: series.map((one) => ({
      plotType: SHAPES[shape],
      ...(one.legend !== undefined && { legendTemplate: one.legend }),
      minAlignmentPeriod: "60s",
      timeSeriesQuery: query(one),
    })),
    ...(threshold !== undefined && { thresholds: [{ value: threshold }] }),
  },
});

function query({ metric, of, ...how }: Series) {
  const filtered = (one: Metric) => ({ filter: renderMetric(one), aggregation: aggregation(how) });
  if (!of) return { timeSeriesFilter: filtered(metric) };
  return { timeSeriesFilterRatio: { numerator: filtered(metric), denominator: filtered(of) } };
}

const aggregation = ({ aligner, reducer, by }: Pick<Series, "aligner" | "reducer" | "by">) => ({
  alignmentPeriod: "60s",
  perSeriesAligner: aligner,
  ...(reducer && { crossSeriesReducer: reducer }),
  ...(by && { groupByFields: [...by] }),
});

/** The provider compares the text after removing what Google added, so the order of keys is ours alone. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
