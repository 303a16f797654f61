export type { BoundConsumer, IPipelineConsumer, PipelineSurroundings } from "./bind";
export { Consumer, type ConsumerOptions, type ConsumerProps } from "./consumer";
export type { ConsumerCode, DeployProps, WorkloadFactory } from "./deploy";
export {
  type BucketSource,
  EventDrivenPipeline,
  type EventDrivenPipelineProps,
  type PipelineConsumer,
} from "./pipeline";
export { Sink, type SinkProps } from "./sink";
