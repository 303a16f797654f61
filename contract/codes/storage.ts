import type { CodeTable } from "./table";

/** MR1480–MR1499: buckets, objects and notifications. */
export const storageCodes = {
  MR1481: {
    title: "soft delete outside Google's range",
    why: "Google refuses the bucket",
    fix: 'set softDelete to 7d–90d, or to "0s" to delete at once',
    source: "https://cloud.google.com/storage/docs/soft-delete",
  },
  MR1482: {
    title: "age of a lifecycle rule that is no number of days",
    why: "a lifecycle rule counts whole days, and zero is not sent",
    fix: "set a whole number of days, at least 1d",
    source: "google_storage_bucket, lifecycle_rule.condition",
  },
  MR1483: {
    title: "source outside the stack's folder",
    why: "the plan would work on this machine alone",
    fix: "write the file at synth and refer to it by a path relative to the stack's folder in cdktf.out",
  },
  MR1484: {
    title: "not the name of a bucket",
    why: "Google's APIs take the name alone, and would not find gs://…",
    fix: "write the name without gs:// and without a path",
    source: "google/pubsub/v1/pubsub.proto: CloudStorageConfig.bucket",
  },
} as const satisfies CodeTable;
