export type { PlannedGrant } from "./grants";
export type { Expected, ExpectedProps } from "./match";
export type { Attributes, PlannedResource } from "./resource";
export type { SnapshotOptions } from "./snapshot";
export { type SynthesizedApp, type SynthesizedStack, synthesized } from "./synthesized";
