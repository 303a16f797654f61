import { cliCodes } from "./cli";
import { constructsCodes } from "./constructs";
import { localCodes } from "./local";
import { runtimeCodes } from "./runtime";
import { stacksCodes } from "./stacks";
import { workflowsCodes } from "./workflows";

export type { CodeEntry, CodeTable } from "./table";

/**
 * Every code of the project, one table. The runtime refers to codes by their literal only (`import type`), so that
 * this table does not travel inside deployed handlers.
 */
export const codes = {
  ...constructsCodes,
  ...stacksCodes,
  ...runtimeCodes,
  ...localCodes,
  ...cliCodes,
  ...workflowsCodes,
} as const;

export type Code = keyof typeof codes;
