export type { BoundConsumer, IPipelineConsumer, PipelineSurroundings } from "./bind";
export { CalledHandler, type CalledHandlerOptions, type CalledHandlerProps, type Calls } from "./called";
export { Consumer, type ConsumerOptions, type ConsumerProps } from "./consumer";
export type { ConsumerCode, DeployProps, WorkloadFactory } from "./deploy";
export { EventDrivenPipeline, type EventDrivenPipelineProps, type PipelineConsumer } from "./pipeline";
export { type PoolConsumerProps, workerPool } from "./pool-consumer";
export type { Redriven } from "./redrive";
export { Sink, type SinkProps } from "./sink";
export type {
  AuditLogSource,
  BigQueryJobSource,
  BucketSource,
  DocumentSource,
  FirebaseAuthSource,
  IPipelineSource,
  PipelineLink,
  PipelineSource,
  ScheduleSource,
  SourceTarget,
} from "./source";
