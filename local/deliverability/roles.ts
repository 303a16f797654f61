/** What somebody must be able to do, and the predefined roles that give it, the narrowest first. */
export const ROLES = {
  invoke: ["roles/run.invoker", "roles/run.servicesInvoker", "roles/run.developer", "roles/run.admin"],
  runJob: [
    "roles/run.invoker",
    "roles/run.jobsExecutor",
    "roles/run.jobsExecutorWithOverrides",
    "roles/run.developer",
    "roles/run.admin",
  ],
  runJobWithOverrides: ["roles/run.jobsExecutorWithOverrides", "roles/run.developer", "roles/run.admin"],
  watchJob: ["roles/run.viewer", "roles/run.developer", "roles/run.admin"],
  execute: ["roles/workflows.invoker", "roles/workflows.editor", "roles/workflows.admin"],
  publish: ["roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin"],
  subscribe: ["roles/pubsub.subscriber", "roles/pubsub.editor", "roles/pubsub.admin"],
  makeTokens: ["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountOpenIdTokenCreator"],
  actAs: ["roles/iam.serviceAccountUser"],
  enqueue: ["roles/cloudtasks.enqueuer", "roles/cloudtasks.admin"],
  receiveEvents: ["roles/eventarc.eventReceiver", "roles/eventarc.developer", "roles/eventarc.admin"],
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

/** Roles of whom it is known what they are for, so that one that nobody needs can be told. */
export const JUDGED: ReadonlySet<string> = new Set([...Object.values(ROLES).flat(), ...BASIC]);
