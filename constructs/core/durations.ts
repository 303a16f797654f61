import type { IConstruct } from "constructs";
import { milliseconds } from "../../language/duration";
import { addIssue } from "./issues";

/**
 * Milliseconds of a construct's duration field. Durations agree with each other at synth, so a reference will not do.
 * What cannot be read is an issue and comes back as `NaN`, which every comparison of a later rule passes.
 */
export function durationOf(construct: IConstruct, field: string, value: string): number {
  try {
    return milliseconds(value);
  } catch {
    addIssue(construct, "MR1006", { problem: `${field} "${value}" is not a duration`, got: value });
    return Number.NaN;
  }
}
