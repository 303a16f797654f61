export { connectorNames } from "./connectors";
export { workflowsRest } from "./rest";
export * from "./types";
export { createWays } from "./ways";
export { createWorkflows, type Workflows, type WorkflowsOptions } from "./workflows";
