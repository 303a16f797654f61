import type { Issue } from "../../contract/issue";
import type { PlannedResource } from "../plan/plan";
import type { Column } from "./exports/columns";
import type { NotificationConfig, SinkConfig, TriggerConfig } from "./eventarc/types";
import type { TtlPolicy } from "./firestore";
import type { ExecutionSettings } from "./jobs/types";
import type { JobConfig } from "./scheduler/types";
import type { QueueConfig } from "./tasks/types";
import type { SchemaConfig, SubscriptionConfig, TopicConfig } from "./pubsub/types";
import type { BucketConfig } from "./storage/types";
import type { ProgramSpec, TargetSpec } from "./target";
import type { WorkflowConfig } from "./workflows/types";

/** A topic as a plan asks for it. Resource names are full everywhere in a draft. */
export interface TopicDraft {
  readonly config: TopicConfig;
  readonly schema?: SchemaUse;
  readonly resource: PlannedResource;
}

/** The schema that a topic names; its definition follows from another resource. */
export interface SchemaUse {
  readonly name: string;
  readonly encoding: SchemaConfig["encoding"];
}

export interface SubscriptionDraft {
  readonly config: SubscriptionConfig;
  readonly resource: PlannedResource;
}

/** A job of Cloud Scheduler. */
export interface JobDraft {
  readonly config: JobConfig;
  readonly resource: PlannedResource;
}

/** A queue of Cloud Tasks. */
export interface QueueDraft {
  readonly config: QueueConfig;
  readonly resource: PlannedResource;
}

export interface WorkflowDraft {
  readonly config: WorkflowConfig;
  readonly resource: PlannedResource;
}

/** A service or function; its invokers and the place of its archive follow from other resources. */
export interface WorkloadDraft {
  /** `projects/…/locations/…/services/…`: the Cloud Run service, a function's underlying one included. */
  readonly service: string;
  /** Every URL under which callers of the plan reach it; the first is `spec.url`. */
  readonly urls: readonly string[];
  /** `gs://bucket/object` of the source archive; undefined for an image, which the engine cannot run. */
  readonly source?: string;
  /** IAM is not asked: `invoker_iam_disabled`. */
  readonly open: boolean;
  readonly spec: Omit<TargetSpec, "archive" | "invokers">;
  readonly resource: PlannedResource;
}

/** A bucket of Cloud Storage. */
export interface BucketDraft {
  readonly config: BucketConfig;
  readonly project: string;
  /** Cloud Storage's own identity in the project. */
  readonly agent: string;
  /** Absent: it stands in for somebody else's. */
  readonly resource?: PlannedResource;
}

/** What publishes events: a notification of a bucket, a sink of a log, a trigger of Eventarc. */
export interface SourceDraft<Config> {
  readonly config: Config;
  readonly resource: PlannedResource;
}

/** A table of BigQuery. */
export interface TableDraft {
  /** `{project}.{dataset}.{table}` */
  readonly name: string;
  /** The columns as JSON; undefined when the plan does not say. */
  readonly columns?: readonly Column[];
  readonly resource: PlannedResource;
}

/** Something that is started and not called; the place of its archive follows from other resources. */
export interface ProgramDraft {
  /** Full resource name. */
  readonly name: string;
  /** `gs://bucket/object` of the source archive; undefined for an image, which the engine cannot run. */
  readonly source?: string;
  readonly program: Omit<ProgramSpec, "archive">;
  readonly resource: PlannedResource;
}

/** A Cloud Run job. */
export interface RunJobDraft extends ProgramDraft {
  readonly settings: ExecutionSettings;
}

/** A Cloud Run worker pool. */
export interface WorkerPoolDraft extends ProgramDraft {
  readonly instances: number;
}

/** One member of one role on one resource (`projects/p` for the whole project). */
export interface GrantDraft {
  readonly on: string;
  readonly role: string;
  readonly member: string;
}

/** What a plan asks for, gathered resource by resource; `systemOf` makes a system of it. */
export interface Draft {
  readonly topics: TopicDraft[];
  /** Schemas of Pub/Sub by their full names. */
  readonly schemas: Map<string, Pick<SchemaConfig, "type" | "definition">>;
  readonly subscriptions: SubscriptionDraft[];
  readonly workloads: WorkloadDraft[];
  readonly jobs: JobDraft[];
  readonly queues: QueueDraft[];
  readonly workflows: WorkflowDraft[];
  readonly buckets: BucketDraft[];
  readonly notifications: SourceDraft<NotificationConfig>[];
  readonly sinks: SourceDraft<SinkConfig>[];
  readonly triggers: SourceDraft<TriggerConfig>[];
  readonly tables: TableDraft[];
  readonly runJobs: RunJobDraft[];
  readonly workerPools: WorkerPoolDraft[];
  readonly grants: GrantDraft[];
  /** E-mails of the service accounts. */
  readonly accounts: Set<string>;
  /** Uploaded objects by `gs://bucket/object`: an absolute path, and the MD5 of what is there. */
  readonly objects: Map<string, { readonly path: string; readonly digest: string }>;
  /** `projects/…/databases/…`. */
  readonly databases: Set<string>;
  /** Fields whose instant removes a document. */
  readonly ttls: TtlPolicy[];
  readonly report: (issue: Issue) => void;
}

export const emptyDraft = (report: (issue: Issue) => void): Draft => ({
  topics: [],
  schemas: new Map(),
  subscriptions: [],
  workloads: [],
  jobs: [],
  queues: [],
  workflows: [],
  buckets: [],
  notifications: [],
  sinks: [],
  triggers: [],
  tables: [],
  runJobs: [],
  workerPools: [],
  grants: [],
  accounts: new Set(),
  objects: new Map(),
  databases: new Set(),
  ttls: [],
  report,
});
