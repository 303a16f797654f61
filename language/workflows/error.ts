import type { Value } from "./value";

/** The tags that Google gives to errors. https://cloud.google.com/workflows/docs/reference/syntax/error-types */
export type ErrorTag =
  | "AuthError"
  | "ConnectionError"
  | "ConnectionFailedError"
  | "HttpError"
  | "IndexError"
  | "KeyError"
  | "OperationError"
  | "ParallelNestingError"
  | "RecursionError"
  | "ResourceLimitError"
  | "ResponseTypeError"
  | "SystemError"
  | "TimeoutError"
  | "TypeError"
  | "UnhandledBranchError"
  | "ValueError"
  | "ZeroDivisionError";

/** An error that a workflow can catch: what `except` binds is `value`, a map with tags or whatever was raised. */
export class WorkflowError extends Error {
  constructor(
    readonly value: Value,
    message = "raised by a workflow",
  ) {
    super(message);
    this.name = "WorkflowError";
  }
}

/** An error of the language itself, a map of `message` and `tags`, with more entries where the error has them. */
export const runtimeError = (
  tag: ErrorTag,
  message: string,
  more: Readonly<Record<string, Value>> = {},
): WorkflowError =>
  new WorkflowError(
    new Map<string, Value>([["message", `${tag}: ${message}`], ["tags", [tag]], ...Object.entries(more)]),
    `${tag}: ${message}`,
  );
