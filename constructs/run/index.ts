export { CloudRunService, type CloudRunServiceProps } from "./service";
export { HttpWorkload } from "./http-workload";
export { workloadMetrics } from "./metrics";
export type { Probe } from "./probe";
export type { RuntimeName } from "./runtimes";
export type { Sizing } from "./size";
export type { SecretReference } from "./variables";
export type { VpcAccess } from "./vpc";
export type { SizedWorkloadProps } from "./workload";
