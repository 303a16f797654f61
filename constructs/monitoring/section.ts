import type { Aligner, Metric, Reducer } from "./metric";

/** A line, or several, of a chart. */
export interface Series {
  readonly metric: Metric;
  readonly aligner: Aligner;
  /** How the series become one. @default each series by itself */
  readonly reducer?: Reducer;
  /** Labels that still tell series apart after the reducer: `metric.labels.response_code_class`. @default none */
  readonly by?: readonly string[];
  /** The share that `metric` has of this one, rather than its value. @default its value */
  readonly of?: Metric;
  /** What the line is called. @default the labels of its series */
  readonly legend?: string;
}

/** What one chart shows. */
export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** @default "line" */
  readonly shape?: "line" | "stacked-area" | "stacked-bar" | "heatmap";
  /** Value that an alarm fires above, drawn as a line. @default none */
  readonly threshold?: number | undefined;
}

/** What a construct shows on the dashboard of its stack. */
export interface DashboardSection {
  /** What the construct is called in operation. */
  readonly title: string;
  /** What it is. Sections of a kind stand together, and become one where a dashboard cannot hold them all. */
  readonly kind: string;
  readonly charts: readonly Chart[];
}

/** A chart of one metric. */
export const chart = (
  title: string,
  series: Series | readonly Series[],
  more: Omit<Chart, "title" | "series"> = {},
) => ({
  title,
  series: Array.isArray(series) ? (series as readonly Series[]) : [series as Series],
  ...more,
});
