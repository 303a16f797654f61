export { type Environment, EnvironmentSchema, sizeOf, stackProps, type WorkloadSize } from "./environment";
export { loadEnvironments, type LoadOptions } from "./load-environments";
export { readEnvironment, type ReadEnvironment } from "./read-environment";
export { type Synthesis, type SynthesisOptions, synthesize } from "./synthesize";
