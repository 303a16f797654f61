/** Where something stands in a definition; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with a definition. */
export interface Fault {
  readonly code: WorkflowCode;
  /** A warning where Google's behaviour is not confirmed, or where the definition may still be meant. */
  readonly severity: "error" | "warning";
  readonly at: Position;
  /** Routine and step, `main/fetch`; empty for what concerns the whole definition. */
  readonly path: string;
  /** One lower-case sentence without a full stop. */
  readonly problem: string;
  readonly fix: string;
}

/** What the parser and the checker find; `contract/codes/workflows.ts` says why each matters. */
export type WorkflowCode =
  | "MR6001"
  | "MR6002"
  | "MR6003"
  | "MR6004"
  | "MR6005"
  | "MR6006"
  | "MR6007"
  | "MR6008"
  | "MR6009"
  | "MR6010"
  | "MR6011"
  | "MR6012"
  | "MR6013"
  | "MR6014"
  | "MR6015"
  | "MR6016"
  | "MR6017"
  | "MR6018"
  | "MR6020"
  | "MR6021"
  | "MR6022"
  | "MR6023"
  | "MR6024"
  | "MR6025"
  | "MR6026"
  | "MR6027"
  | "MR6030"
  | "MR6031"
  | "MR6032"
  | "MR6033"
  | "MR6034"
  | "MR6035"
  | "MR6036"
  | "MR6037"
  | "MR6038"
  | "MR6040"
  | "MR6041"
  | "MR6042"
  | "MR6043"
  | "MR6044"
  | "MR6045"
  | "MR6051"
  | "MR6052"
  | "MR6053"
  | "MR6054"
  | "MR6055"
  | "MR6061"
  | "MR6062";
