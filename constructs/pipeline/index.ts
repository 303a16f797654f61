export { Consumer, type ConsumerOptions, type ConsumerProps, type ConsumerSurroundings } from "./consumer";
export type { ConsumerCode, DeployProps, WorkloadFactory } from "./deploy";
export { EventDrivenPipeline, type EventDrivenPipelineProps } from "./pipeline";
