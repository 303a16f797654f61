export { Consumer, type ConsumerOptions, type ConsumerProps, type ConsumerSurroundings } from "./consumer";
export type { ConsumerCode, DeployProps, WorkloadFactory } from "./deploy";
export { type BucketSource, EventDrivenPipeline, type EventDrivenPipelineProps } from "./pipeline";
export { Sink, type SinkProps } from "./sink";
