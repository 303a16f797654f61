import { chart, type DashboardSection } from "../monitoring/section";
import { TOO_LATE, type WatchedJob } from "./alarms";
import { dataflowMetrics as metrics } from "./metrics";

/** What a job shows: how far behind it is, and what it takes to keep up. */
export const jobSection = ({ title, jobName, streaming }: WatchedJob): DashboardSection => ({
  title,
  kind: "dataflow job",
  charts: [
    ...(streaming
      ? [
          chart(
            "longest wait of an element, s",
            { metric: metrics.systemLag(jobName), aligner: "ALIGN_MAX" },
            { threshold: TOO_LATE.lag },
          ),
          chart(
            "age of the watermark, s",
            { metric: metrics.watermarkAge(jobName), aligner: "ALIGN_MAX" },
            { threshold: TOO_LATE.watermark },
          ),
        ]
      : []),
    chart("virtual processors", { metric: metrics.processors(jobName), aligner: "ALIGN_MEAN" }),
  ],
});
