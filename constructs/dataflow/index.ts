export { DATAFLOW_TEMPLATES, type ParametersOf, type Template, type TemplateName } from "./catalogue";
export { failedRowColumns } from "./failed-rows";
export { DataflowJob } from "./job";
export type { DataflowJobProps, DataflowNetwork, DataflowWorkers, UpdateStrategy } from "./job-props";
export { dataflowMetrics } from "./metrics";
export type { BucketPath, ParameterKind, ParameterValue } from "./parameter";
export {
  DataflowStreamingJob,
  type DataflowStreamingJobProps,
  streamingJob,
  type StreamingInput,
} from "./streaming-job";
export {
  customTemplate,
  type CustomTemplateProps,
  googleTemplate,
  type GoogleTemplateOptions,
  type TemplateUse,
} from "./template";
