import type { WorkflowCode } from "../../language/workflows/fault";
import type { CodeEntry, CodeTable } from "./table";

const SYNTAX = "https://cloud.google.com/workflows/docs/reference/syntax";
const QUOTAS = "https://cloud.google.com/workflows/quotas";

/** What the parser and the checker of definitions find. */
const found = {
  MR6001: {
    title: "definition that cannot be read",
    why: "Google refuses what is neither YAML nor JSON, and keeps one of two equal keys unsaid",
    fix: "mend the syntax at the position",
    source: "https://yaml.org/spec/1.2.2/",
  },
  MR6002: {
    title: "definition too long",
    why: "Google refuses it at deploy",
    fix: "move steps into a workflow of their own, or emit JSON without white space",
    source: QUOTAS,
  },
  MR6003: {
    title: "neither a list of steps nor a map of routines",
    why: "an execution begins with main, and there is none",
    fix: "begin with `main:` and `steps:` below it",
    source: SYNTAX,
  },
  MR6004: {
    title: "malformed routine",
    why: "Google refuses the definition at deploy",
    fix: "give a routine steps, and params as a list of names",
    source: SYNTAX,
  },
  MR6005: {
    title: "malformed step",
    why: "a step is a map with one key, its name",
    fix: "write `- name:` and indent what the step does below it",
    source: `${SYNTAX}/steps`,
  },
  MR6006: {
    title: "two steps of one name",
    why: "names are one namespace for a routine with all its nested blocks, and jumps go by name",
    fix: "rename one of them",
    source: `${SYNTAX}/steps`,
  },
  MR6007: {
    title: "block without steps",
    why: "Google refuses the definition at deploy",
    fix: "add a step, or remove the block",
    source: `${SYNTAX}/steps`,
  },
  MR6008: {
    title: "unknown key",
    why: "Google refuses the definition at deploy",
    fix: "use one of the keys that the message lists",
    source: SYNTAX,
  },
  MR6009: {
    title: "key without the one it belongs to",
    why: "args and result belong to call, retry and except to try",
    fix: "add the missing key, or remove this one",
    source: SYNTAX,
  },
  MR6010: {
    title: "step that does nothing, or several things",
    why: "a step has one action; which of several would win is not documented",
    fix: "give each action a step of its own",
    source: `${SYNTAX}/steps`,
  },
  MR6011: {
    title: "value of the wrong shape",
    why: "Google refuses the definition at deploy",
    fix: "write what the message names",
    source: SYNTAX,
  },
  MR6012: {
    title: "more than a step may hold",
    why: "Google refuses the definition at deploy",
    fix: "split the step",
    source: QUOTAS,
  },
  MR6013: {
    title: "malformed for",
    why: "a for names a variable and goes over either a list or a range",
    fix: "give it value, steps, and one of in and range",
    source: `${SYNTAX}/iteration`,
  },
  MR6014: {
    title: "malformed parallel step",
    why: "a parallel step has either branches or a for",
    fix: "keep one of branches and for, and give each branch a name and steps",
    source: `${SYNTAX}/parallel-steps`,
  },
  MR6015: {
    title: "unknown exception policy",
    why: "continueAll is the only one there is",
    fix: "write continueAll, or leave it out",
    source: `${SYNTAX}/parallel-steps`,
  },
  MR6016: {
    title: "sub-workflow called as a part of the library",
    why: "a call could mean either",
    fix: "rename the sub-workflow",
  },
  MR6017: {
    title: "too many parameters",
    why: "main takes one argument, a sub-workflow ten",
    fix: "pass a map instead",
    source: "https://cloud.google.com/workflows/docs/passing-runtime-arguments",
  },
  MR6018: {
    title: "data too deep or too large to read",
    why: "aliases that name each other can stand for more than any machine holds",
    fix: "write the data out, in fewer parts",
  },
  MR6020: {
    title: "jump to a step that is not there",
    why: "Google refuses the definition at deploy",
    fix: "name a step of the same routine, or end, break, continue",
    source: `${SYNTAX}/jumps`,
  },
  MR6021: {
    title: "jump into or out of a loop or branch",
    why: "Google refuses the definition at deploy since March 2024",
    fix: "use break, continue or a condition after the loop",
    source: "https://cloud.google.com/workflows/docs/release-notes",
  },
  MR6022: {
    title: "break or continue outside of a for",
    why: "there is nothing to leave or to go on with",
    fix: "jump to a step, or to end",
    source: `${SYNTAX}/iteration`,
  },
  MR6023: {
    title: "predicate and policy mixed up",
    why: "http.default_retry is a whole policy, http.default_retry_predicate only says which errors are retried",
    fix: "write retry: ${http.default_retry}, or a predicate below retry",
    source: `${SYNTAX}/retrying`,
  },
  MR6024: {
    title: "retry with a value that is no number",
    why: "the delays are computed from it",
    fix: "write a number of 0 or more, or an expression",
    source: `${SYNTAX}/retrying`,
  },
  MR6025: {
    title: "step that nothing leads to",
    why: "it never runs, so it is left over, or a jump to it is missing",
    fix: "remove it, or jump to it",
  },
  MR6026: {
    title: "way without an end",
    why: "the execution would stop with an error after 100,000 steps, and each is billed",
    fix: "add a condition that leaves the loop",
    source: QUOTAS,
  },
  MR6027: {
    title: "return or break in a parallel step",
    why: "Google does not document what happens to the branches that run at the same time",
    fix: "assign to a shared variable, and decide after the parallel step",
    source: `${SYNTAX}/parallel-steps`,
  },
  MR6030: {
    title: "expression that does not parse",
    why: "Google refuses the definition at deploy",
    fix: "correct the expression at the position",
    source: `${SYNTAX}/expressions`,
  },
  MR6031: {
    title: "expression too long",
    why: "Google refuses the definition at deploy",
    fix: "assign a part of it to a variable first",
    source: QUOTAS,
  },
  MR6032: {
    title: "blocking call in an expression",
    why: "functions that wait can be called by a call step only",
    fix: "write a step with `call`, and use its result",
    source: `${SYNTAX}/expressions`,
  },
  MR6033: {
    title: "unknown function",
    why: "Google refuses the definition at deploy",
    fix: "correct the name, or add a sub-workflow of that name",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/overview",
  },
  MR6034: {
    title: "wrong arguments",
    why: "a function takes its own parameters, no more and no fewer",
    fix: "pass what the message names",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/overview",
  },
  MR6035: {
    title: "expression within a text",
    why: "an expression is a whole value; with text around it, it stays text",
    fix: 'join the parts in one expression, `${"text " + value}`',
    source: `${SYNTAX}/expressions`,
  },
  MR6036: {
    title: "not before a comparison",
    why: "not binds more tightly than every comparison, so it negates the left side alone",
    fix: "put the comparison in parentheses",
    source: `${SYNTAX}/datatypes`,
  },
  MR6037: {
    title: "condition that is no boolean",
    why: "the step would always end in a TypeError",
    fix: "write an expression that gives true or false",
    source: `${SYNTAX}/conditions`,
  },
  MR6038: {
    title: "operator that cannot take its operands",
    why: "the step would always end in an error",
    fix: "convert an operand, or correct the operator",
    source: `${SYNTAX}/datatypes#implicit-conversions`,
  },
  MR6040: {
    title: "variable that nothing has set",
    why: "Google refuses the definition at deploy, or the step fails",
    fix: "assign it first, or correct its name",
    source: `${SYNTAX}/variables`,
  },
  MR6041: {
    title: "local variable read outside of its block",
    why: "what a for, an except block or a parallel branch sets is gone after it",
    fix: "assign it before that block",
    source: `${SYNTAX}/variables`,
  },
  MR6042: {
    title: "parallel write to a variable that is not shared",
    why: "Google refuses the definition at deploy",
    fix: "add the variable to shared",
    source: `${SYNTAX}/parallel-steps`,
  },
  MR6043: {
    title: "shared variable that does not exist",
    why: "a shared variable belongs to the steps around the parallel step",
    fix: "assign it before the parallel step",
    source: `${SYNTAX}/parallel-steps`,
  },
  MR6044: {
    title: "variable that may not be set",
    why: "on one of the ways to this step the execution fails",
    fix: "assign it, null will do, before the ways part",
    source: `${SYNTAX}/variables`,
  },
  MR6045: {
    title: "loop variable assigned to",
    why: "the next iteration sets it again, so the value is lost",
    fix: "use another variable",
  },
  MR6051: {
    title: "request timeout too long",
    why: "the call would always end in a ValueError",
    fix: "lower timeout to 1800, or let the service call back",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/http/get",
  },
  MR6052: {
    title: "request without a token",
    why: "a private service answers it with 403",
    fix: "add auth with the type that the host expects",
    source: "https://cloud.google.com/workflows/docs/authentication",
  },
  MR6053: {
    title: "log entry with nothing to say, or too much",
    why: "sys.log takes exactly one of data, text and json, else it raises a TypeError",
    fix: "give it exactly one of them",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/sys/log",
  },
  MR6054: {
    title: "deprecated function",
    why: "Google may remove it",
    fix: "use parallel and the connector of workflow executions",
    source: "https://cloud.google.com/workflows/docs/reference/stdlib/overview",
  },
  MR6055: {
    title: "value that a function does not know",
    why: "the call would always end in an error",
    fix: "use one of the values that the message lists",
  },
  MR6061: {
    title: "parallel steps nested too deeply",
    why: "the step would always end in a ParallelNestingError",
    fix: "move the inner steps after the outer ones",
    source: QUOTAS,
  },
  MR6062: {
    title: "concurrency limit that is no whole number above 0",
    why: "no branch could ever run",
    fix: "write 1 or more, or leave it out",
    source: `${SYNTAX}/parallel-steps`,
  },
} as const satisfies Record<WorkflowCode, CodeEntry>;

/** MR6000–MR6999: definitions of Google Cloud Workflows. */
export const workflowsCodes = {
  ...found,
  MR6101: {
    title: "function that is not simulated",
    why: "a connector or a callback reaches what is not on this machine; an invented answer would prove nothing",
    fix: "give a stub of the function's name that says what it answers",
  },
  MR6102: {
    title: "request to another machine",
    why: "running a definition here must not change anything elsewhere",
    fix: "give a stub for the function, or a URL on localhost",
  },
  MR6103: {
    title: "malformed file of stubs",
    why: "a stub that is not understood would answer with something else than was meant",
    fix: "write the name of a function, and below it a list of `return: value` or `raise: value`",
  },
  MR6104: {
    title: "definition that is not there",
    why: "there is nothing to check or to run",
    fix: "check the path",
  },
  MR6105: {
    title: "execution that failed",
    why: "an error that nothing in the workflow caught ends it, as it does on Google Cloud",
    fix: "catch the error with try and except, or correct what raised it",
  },
  MR6106: {
    title: "identity that may not make a call",
    why: "the step fails with 403 on Google Cloud; here, where roles of most services are not asked for, it would pass",
    fix: "grant the role that the message names to the workflow's service account",
    source: "https://cloud.google.com/workflows/docs/authentication",
  },
} as const satisfies CodeTable;
