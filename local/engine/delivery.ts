/** One push of one message to an endpoint. */
export interface PushRequest {
  /** `push_endpoint` of the subscription, or the URL of an HTTP target. */
  readonly endpoint: string;
  /** @default "POST" */
  readonly method?: string;
  /** Lower-case names. The transport adds `authorization` when `oidc` is given. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The ack deadline: engine milliseconds the sender waits for an answer. */
  readonly timeoutMs: number;
  readonly oidc?: { readonly serviceAccountEmail: string; readonly audience: string };
  /** Whom an access token is of, for calls of Google's own APIs. */
  readonly oauth?: { readonly serviceAccountEmail: string };
  /** Full resource name of the subscription (or queue) that sends. */
  readonly source: string;
  readonly messageId: string;
  /** From 1. */
  readonly attempt: number;
}

/** What the sender learns. Whether it is an ack is the sender's rule, not the transport's. */
export type PushResult =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "unreachable"; readonly reason: string };

export type PushTransport = (request: PushRequest) => Promise<PushResult>;

/** A transport that knows how many pushes have not been answered yet, those included that wait for a process. */
export function countPushes(transport: PushTransport): {
  readonly push: PushTransport;
  readonly underWay: () => number;
} {
  let underWay = 0;
  return {
    underWay: () => underWay,
    async push(request) {
      underWay++;
      try {
        return await transport(request);
      } finally {
        underWay--;
      }
    },
  };
}
