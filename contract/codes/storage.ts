import type { CodeTable } from "./table";

/** MR1480–MR1499: buckets and objects. */
export const storageCodes = {
  MR1481: {
    title: "soft delete outside Google's range",
    why: "Google refuses the bucket",
    fix: 'set softDelete to 7d–90d, or to "0s" to delete at once',
    source: "https://cloud.google.com/storage/docs/soft-delete",
  },
  MR1482: {
    title: "noncurrent versions kept for less than a day",
    why: "a lifecycle rule counts whole days, and zero is not sent",
    fix: "set keepNoncurrent to a whole number of days, at least 1d",
    source: "google_storage_bucket, lifecycle_rule.condition",
  },
  MR1483: {
    title: "source outside the stack's folder",
    why: "the plan would work on this machine alone",
    fix: "write the file at synth and refer to it by a path relative to the stack's folder in cdktf.out",
  },
} as const satisfies CodeTable;
