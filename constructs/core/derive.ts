import type { Contract, ContractManifest } from "../../contract/contract";
import { DEADLINE_MARGIN_MS } from "../../contract/contract";

/** Any contract, whatever it reads: constructs need the plain data alone. */
export type AnyContract = Pick<Contract, "manifest" | "hash">;

/** Bounds of Pub/Sub. google/pubsub/v1/pubsub.proto: `ack_deadline_seconds`, `DeadLetterPolicy`, `RetryPolicy`. */
export const PUBSUB_LIMITS = {
  ackDeadlineSeconds: { min: 10, max: 600 },
  maxDeliveryAttempts: { min: 5, max: 100 },
  backoffMs: { min: 0, max: 600_000 },
  retentionMs: { min: 600_000, max: 31 * 86_400_000 },
  expirationMs: { min: 86_400_000 },
} as const;

/** Deliveries the transport makes beyond the contract's attempts: the record parks first, the transport is the net. */
const ATTEMPTS_MARGIN = 2;

/** The numbers of delivery that follow from a contract (docs/architecture.md, "Contract → constructs and runtime"). */
export interface Delivery {
  /** Seconds the caller waits: ack deadline of the subscription and request timeout of the workload. */
  readonly deadlineSeconds: number;
  readonly maxDeliveryAttempts: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly ordering: boolean;
  /** Requests at a time in one instance. */
  readonly concurrency: number;
}

/** Derives delivery from a contract, within Pub/Sub's bounds; a time limit that does not fit is the pipeline's error. */
export function deliveryOf(manifest: ContractManifest): Delivery {
  const { ackDeadlineSeconds, maxDeliveryAttempts } = PUBSUB_LIMITS;
  return {
    deadlineSeconds: clamp(Math.ceil(wantedDeadlineMs(manifest) / 1_000), ackDeadlineSeconds),
    maxDeliveryAttempts: clamp(manifest.attempts + ATTEMPTS_MARGIN, maxDeliveryAttempts),
    minBackoffMs: manifest.minBackoffMs,
    maxBackoffMs: manifest.maxBackoffMs,
    ordering: manifest.order,
    concurrency: manifest.concurrency,
  };
}

/** The deadline a contract asks for, before Pub/Sub's bounds. */
export const wantedDeadlineMs = (manifest: ContractManifest): number => manifest.timeLimitMs + DEADLINE_MARGIN_MS;

const clamp = (value: number, { min, max }: { readonly min: number; readonly max: number }) =>
  Math.min(max, Math.max(min, value));
