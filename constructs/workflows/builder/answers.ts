import type { Dynamic } from "./expression";

/** What an `except` is given. Errors that are no HTTP errors have no code, headers or body: test `tags` first. */
export interface WorkflowFailure {
  readonly message: string;
  readonly tags: readonly string[];
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Dynamic;
}

/** A request that a callback was answered with. */
export interface CallbackRequest<T> {
  readonly http_request: {
    readonly body: T;
    readonly headers: Readonly<Record<string, string>>;
    readonly method: string;
    readonly query: Readonly<Record<string, string>>;
    readonly url: string;
  };
  readonly received_time: string;
  readonly type: "HTTP";
}

/** An endpoint that an execution has made for itself. */
export interface CallbackEndpoint {
  readonly url: string;
}
