export type { DeclaredCallee, DeclaredCallees } from "./calls";
export type { WorkflowSource } from "./definition";
export { workflowMetrics } from "./metrics";
export {
  WorkflowOrchestrator,
  type WorkflowOrchestratorProps,
  type WorkflowSchedule,
  type WorkflowTrigger,
} from "./orchestrator";
export { type IWorkflow, Workflow, type WorkflowProps } from "./workflow";
