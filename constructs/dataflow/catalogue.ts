import { needed, oneOf, optional, type Parameter, type ParameterValues } from "./parameter";

/** A template that Google provides. */
export interface Template {
  /** Classic templates are a stored job graph, Flex templates an image that makes one. */
  readonly form: "classic" | "flex";
  readonly mode: "streaming" | "batch";
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Exactly one of these is given. @default none */
  readonly exactlyOne?: readonly string[];
  /** A table for rows that cannot be written, made by the job itself, with a name of its own, when it is not given. */
  readonly failedRows?: "outputDeadletterTable";
  /** Pub/Sub can do the same by a subscription, without workers, unless one of these is given. */
  readonly sinkUnless?: readonly string[];
}

const UDF = {
  javascriptTextTransformGcsPath: optional("objects"),
  javascriptTextTransformFunctionName: optional("text"),
} as const;
const RELOADED_UDF = { ...UDF, javascriptTextTransformReloadIntervalMinutes: optional("count") } as const;
const PYTHON_UDF = {
  pythonExternalTextTransformGcsPath: optional("objects"),
  pythonExternalTextTransformFunctionName: optional("text"),
} as const;
const STORAGE_WRITE = {
  useStorageWriteApi: optional("flag"),
  useStorageWriteApiAtLeastOnce: optional("flag"),
  numStorageWriteApiStreams: optional("count"),
  storageWriteApiTriggeringFrequencySec: optional("count"),
} as const;
const DISPOSITIONS = {
  writeDisposition: oneOf("WRITE_APPEND", "WRITE_EMPTY", "WRITE_TRUNCATE"),
  createDisposition: oneOf("CREATE_IF_NEEDED", "CREATE_NEVER"),
} as const;
const FILE_NAMES = {
  outputFilenamePrefix: optional("text"),
  outputFilenameSuffix: optional("text"),
  outputShardTemplate: optional("text"),
  yearPattern: optional("text"),
  monthPattern: optional("text"),
  dayPattern: optional("text"),
  hourPattern: optional("text"),
  minutePattern: optional("text"),
} as const;
const WINDOWED = { numShards: optional("count"), windowDuration: optional("text") } as const;
const UDF_NAMES = ["javascriptTextTransformGcsPath", "pythonExternalTextTransformGcsPath"] as const;

const streaming = <const T extends Omit<Template, "mode">>(template: T) =>
  ({ mode: "streaming", ...template }) as const;
const batch = <const T extends Omit<Template, "mode">>(template: T) => ({ mode: "batch", ...template }) as const;

/**
 * Templates that read from or write to Pub/Sub, with their parameters. Credentials in plain text (`token`, `apiKey`) are
 * left out: they would stand in the state.
 * https://github.com/GoogleCloudPlatform/DataflowTemplates, v1/README_{name}.md and v2/*\/README_{name}.md
 */
export const DATAFLOW_TEMPLATES = {
  PubSub_Subscription_to_BigQuery: streaming({
    form: "classic",
    parameters: {
      inputSubscription: needed("subscription"),
      outputTableSpec: needed("table"),
      outputDeadletterTable: optional("table"),
      ...RELOADED_UDF,
    },
    failedRows: "outputDeadletterTable",
    sinkUnless: UDF_NAMES,
  }),
  PubSub_to_BigQuery: streaming({
    form: "classic",
    parameters: {
      inputTopic: needed("input-topic"),
      outputTableSpec: needed("table"),
      outputDeadletterTable: optional("table"),
      ...RELOADED_UDF,
    },
    failedRows: "outputDeadletterTable",
  }),
  PubSub_to_BigQuery_Flex: streaming({
    form: "flex",
    parameters: {
      outputTableSpec: needed("table"),
      inputSubscription: optional("subscription"),
      inputTopic: optional("input-topic"),
      outputDeadletterTable: optional("table"),
      ...STORAGE_WRITE,
      ...RELOADED_UDF,
    },
    exactlyOne: ["inputSubscription", "inputTopic"],
    failedRows: "outputDeadletterTable",
    sinkUnless: UDF_NAMES,
  }),
  PubSub_to_BigQuery_Xlang: streaming({
    form: "flex",
    parameters: {
      outputTableSpec: needed("table"),
      inputSubscription: optional("subscription"),
      inputTopic: optional("input-topic"),
      outputDeadletterTable: optional("table"),
      ...STORAGE_WRITE,
      ...PYTHON_UDF,
    },
    exactlyOne: ["inputSubscription", "inputTopic"],
    failedRows: "outputDeadletterTable",
    sinkUnless: UDF_NAMES,
  }),
  PubSub_to_BigQuery_Auto: streaming({
    form: "flex",
    parameters: {
      inputSubscription: needed("subscription"),
      outputTableSpec: needed("table"),
      outputDeadletterTable: optional("table"),
      ...DISPOSITIONS,
      ...STORAGE_WRITE,
      ...UDF,
    },
    failedRows: "outputDeadletterTable",
    sinkUnless: UDF_NAMES,
  }),
  PubSub_Avro_to_BigQuery: streaming({
    form: "flex",
    parameters: {
      schemaPath: needed("objects"),
      inputSubscription: needed("subscription"),
      outputTableSpec: needed("table"),
      outputTopic: needed("topic"),
      ...DISPOSITIONS,
      ...STORAGE_WRITE,
    },
  }),
  PubSub_Proto_to_BigQuery_Flex: streaming({
    form: "flex",
    parameters: {
      protoSchemaPath: needed("objects"),
      fullMessageName: needed("text"),
      inputSubscription: needed("subscription"),
      outputTableSpec: needed("table"),
      outputTopic: needed("topic"),
      preserveProtoFieldNames: optional("flag"),
      bigQueryTableSchemaPath: optional("objects"),
      udfOutputTopic: optional("topic"),
      ...DISPOSITIONS,
      ...STORAGE_WRITE,
      ...UDF,
    },
  }),
  PubSub_CDC_to_BigQuery: streaming({
    form: "flex",
    parameters: {
      inputSubscription: needed("subscription"),
      outputTableNameTemplate: needed("text"),
      autoMapTables: optional("flag"),
      schemaFilePath: optional("objects"),
      outputDatasetTemplate: optional("dataset"),
      outputTableSpec: optional("table"),
      outputDeadletterTable: optional("table"),
      deadLetterQueueDirectory: optional("folder"),
      windowDuration: optional("text"),
      threadCount: optional("count"),
      runtimeRetries: optional("count"),
      ...STORAGE_WRITE,
      ...UDF,
      ...PYTHON_UDF,
    },
    failedRows: "outputDeadletterTable",
  }),
  Cloud_PubSub_to_GCS_Text: streaming({
    form: "classic",
    parameters: {
      inputTopic: needed("input-topic"),
      outputDirectory: needed("folder"),
      userTempLocation: optional("folder"),
      ...FILE_NAMES,
      outputFilenamePrefix: needed("text"),
    },
  }),
  Cloud_PubSub_to_GCS_Text_Flex: streaming({
    form: "flex",
    parameters: {
      outputDirectory: needed("folder"),
      inputSubscription: optional("subscription"),
      inputTopic: optional("input-topic"),
      userTempLocation: optional("folder"),
      ...WINDOWED,
      ...FILE_NAMES,
    },
    exactlyOne: ["inputSubscription", "inputTopic"],
    sinkUnless: [],
  }),
  Cloud_PubSub_to_Avro: streaming({
    form: "classic",
    parameters: {
      inputTopic: needed("input-topic"),
      outputDirectory: needed("folder"),
      avroTempDirectory: needed("folder"),
      ...FILE_NAMES,
    },
  }),
  Cloud_PubSub_to_Avro_Flex: streaming({
    form: "flex",
    parameters: {
      outputDirectory: needed("folder"),
      avroTempDirectory: needed("folder"),
      inputSubscription: optional("subscription"),
      inputTopic: optional("input-topic"),
      ...WINDOWED,
      ...FILE_NAMES,
    },
    exactlyOne: ["inputSubscription", "inputTopic"],
    sinkUnless: [],
  }),
  Cloud_PubSub_to_Cloud_PubSub: streaming({
    form: "classic",
    parameters: {
      inputSubscription: needed("subscription"),
      outputTopic: needed("topic"),
      filterKey: optional("text"),
      filterValue: optional("text"),
    },
  }),
  Cloud_PubSub_to_Splunk: streaming({
    form: "classic",
    parameters: {
      inputSubscription: needed("subscription"),
      url: needed("text"),
      outputDeadletterTopic: needed("topic"),
      tokenSource: oneOf("KMS", "SECRET_MANAGER"),
      tokenSecretId: optional("secret"),
      tokenKMSEncryptionKey: optional("text"),
      batchCount: optional("count"),
      parallelism: optional("count"),
      disableCertificateValidation: optional("flag"),
      includePubsubMessage: optional("flag"),
      rootCaCertificatePath: optional("objects"),
      enableBatchLogs: optional("flag"),
      enableGzipHttpCompression: optional("flag"),
      unwrapHecForDeadletter: optional("flag"),
      ...RELOADED_UDF,
    },
  }),
  Cloud_PubSub_to_Datadog: streaming({
    form: "classic",
    parameters: {
      inputSubscription: needed("subscription"),
      url: needed("text"),
      outputDeadletterTopic: needed("topic"),
      apiKeySource: oneOf("KMS", "SECRET_MANAGER"),
      apiKeySecretId: optional("secret"),
      apiKeyKMSEncryptionKey: optional("text"),
      batchCount: optional("count"),
      parallelism: optional("count"),
      includePubsubMessage: optional("flag"),
      ...RELOADED_UDF,
    },
  }),
  PubSub_to_Kafka: streaming({
    form: "flex",
    parameters: {
      inputTopic: needed("input-topic"),
      outputTopic: needed("text"),
      outputDeadLetterTopic: needed("topic"),
      bootstrapServer: optional("text"),
      secretStoreUrl: optional("text"),
      ...UDF,
    },
  }),
  Stream_GCS_Text_to_Cloud_PubSub: streaming({
    form: "classic",
    parameters: { inputFilePattern: needed("objects"), outputTopic: needed("topic") },
  }),
  Stream_GCS_Text_to_BigQuery: streaming({
    form: "classic",
    parameters: {
      inputFilePattern: needed("objects"),
      JSONPath: needed("objects"),
      outputTable: needed("table"),
      bigQueryLoadingTemporaryDirectory: needed("folder"),
      outputDeadletterTable: optional("table"),
      ...UDF,
    },
    failedRows: "outputDeadletterTable",
  }),
  Stream_GCS_Text_to_BigQuery_Flex: streaming({
    form: "flex",
    parameters: {
      inputFilePattern: needed("objects"),
      JSONPath: needed("objects"),
      outputTable: needed("table"),
      bigQueryLoadingTemporaryDirectory: needed("folder"),
      javascriptTextTransformGcsPath: needed("objects"),
      javascriptTextTransformFunctionName: needed("text"),
      outputDeadletterTable: optional("table"),
    },
    failedRows: "outputDeadletterTable",
  }),
  Stream_DLP_GCS_Text_to_BigQuery: streaming({
    form: "classic",
    parameters: {
      inputFilePattern: needed("objects"),
      deidentifyTemplateName: needed("text"),
      datasetName: needed("dataset"),
      dlpProjectId: needed("text"),
      inspectTemplateName: optional("text"),
      batchSize: optional("count"),
    },
  }),
  GCS_Text_to_Cloud_PubSub: batch({
    form: "classic",
    parameters: { inputFilePattern: needed("objects"), outputTopic: needed("topic") },
  }),
} as const satisfies Readonly<Record<string, Template>>;

/** Name of a template of the catalogue. */
export type TemplateName = keyof typeof DATAFLOW_TEMPLATES;

type Values<Parameters> = {
  readonly [Name in keyof Parameters as Parameters[Name] extends { required: true } ? Name : never]: ValueOf<
    Parameters[Name]
  >;
} & {
  readonly [Name in keyof Parameters as Parameters[Name] extends { required: true } ? never : Name]?: ValueOf<
    Parameters[Name]
  >;
};

type ValueOf<P> = P extends { choices: infer Choices extends readonly string[] }
  ? Choices[number]
  : P extends Parameter<infer Kind>
    ? ParameterValues[Kind]
    : never;

/** What a template takes, by its name. */
export type ParametersOf<Name extends TemplateName> = Values<(typeof DATAFLOW_TEMPLATES)[Name]["parameters"]>;
