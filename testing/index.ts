export { assertOnce, assertPromises } from "./assert";
export type { Crashed, DeliverOptions, Delivery, LogLine, Run } from "./delivery";
export type { EventOptions, TestEvent } from "./event";
export { explore, type Exploration, type Explored, type Scenario, ScheduleError } from "./explore";
export type { Call, CallFault } from "./faults";
export { testHandler } from "./handler";
export type { DocumentWrite, ParkedMessage, PublishedMessage, RecordWrite } from "./journal";
export type { HandlerKit, TestHandlerOptions } from "./kit";
export { brokenPromises } from "./promises";
export type { Step } from "./schedule";
export {
  type Coverage,
  type Covered,
  httpError,
  runWorkflow,
  type RunWorkflowOptions,
  type TestedWorkflow,
  type WorkflowCall,
  workflowCoverage,
  workflowError,
  type WorkflowRun,
  type WorkflowStub,
  type WorkflowStubs,
} from "./workflow";
