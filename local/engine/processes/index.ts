export type { StandIns } from "./environment";
export type { ChildInfo, PointHook } from "./instance";
export { targetName } from "./names";
export { accepts } from "./port";
export type { Acquired, InstanceStatus, Slot, TargetStatus } from "./pool";
export { createProcesses, type Processes, type ProcessesOptions } from "./processes";
