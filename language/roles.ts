/**
 * What somebody must be able to do, and the predefined roles of Google's that give it, the narrowest first.
 * https://cloud.google.com/iam/docs/roles-permissions, and the permissions of each role as `gcloud iam roles describe`
 * lists them (https://github.com/iann0036/iam-dataset, `gcp/roles`).
 */
export const ROLES = {
  /** `run.routes.invoke` */
  invoke: ["roles/run.invoker", "roles/run.servicesInvoker", "roles/run.developer", "roles/run.admin"],
  /** `run.jobs.run` */
  runJob: [
    "roles/run.invoker",
    "roles/run.jobsExecutor",
    "roles/run.jobsExecutorWithOverrides",
    "roles/run.developer",
    "roles/run.admin",
  ],
  /** `run.jobs.runWithOverrides` */
  runJobWithOverrides: ["roles/run.jobsExecutorWithOverrides", "roles/run.developer", "roles/run.admin"],
  watchJob: ["roles/run.viewer", "roles/run.developer", "roles/run.admin"],
  execute: ["roles/workflows.invoker", "roles/workflows.editor", "roles/workflows.admin"],
  publish: ["roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin"],
  subscribe: ["roles/pubsub.subscriber", "roles/pubsub.editor", "roles/pubsub.admin"],
  makeTokens: ["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountOpenIdTokenCreator"],
  actAs: ["roles/iam.serviceAccountUser"],
  enqueue: ["roles/cloudtasks.enqueuer", "roles/cloudtasks.admin"],
  /** `eventarc.events.receiveEvent`, which neither Eventarc's developers nor its agent have */
  receiveEvents: ["roles/eventarc.eventReceiver", "roles/eventarc.admin"],
  beEventarc: ["roles/eventarc.serviceAgent"],
  useKey: ["roles/cloudkms.cryptoKeyEncrypterDecrypter"],
  readSecret: ["roles/secretmanager.secretAccessor", "roles/secretmanager.admin"],
  readObjects: [
    "roles/storage.objectViewer",
    "roles/storage.objectUser",
    "roles/storage.objectAdmin",
    "roles/storage.admin",
  ],
  writeObjects: ["roles/storage.objectUser", "roles/storage.objectAdmin", "roles/storage.admin"],
  createObjects: [
    "roles/storage.objectCreator",
    "roles/storage.objectUser",
    "roles/storage.objectAdmin",
    "roles/storage.admin",
  ],
  describeBucket: ["roles/storage.legacyBucketReader", "roles/storage.legacyBucketWriter", "roles/storage.admin"],
  writeRows: ["roles/bigquery.dataEditor", "roles/bigquery.dataOwner", "roles/bigquery.admin"],
  describeTable: [
    "roles/bigquery.metadataViewer",
    "roles/bigquery.dataViewer",
    "roles/bigquery.dataOwner",
    "roles/bigquery.admin",
  ],
  connectSql: ["roles/cloudsql.client", "roles/cloudsql.editor", "roles/cloudsql.admin"],
  workForDataflow: ["roles/dataflow.worker"],
  useDocuments: ["roles/datastore.user", "roles/datastore.owner"],
  writeLogs: ["roles/logging.logWriter", "roles/logging.admin"],
  pushImages: ["roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin", "roles/artifactregistry.admin"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

export type Action = keyof typeof ROLES;

/** Roles on the project that give everything of the table, and much else. */
export const BASIC: readonly string[] = ["roles/editor", "roles/owner"];
