import type { ContractManifest } from "../contract/contract";
import type { Duration } from "../contract/duration";
import type { Clock } from "../runtime/clock";
import type { DocumentData, RecordData, Store } from "../runtime/store/store";
import type { DeliverOptions, Delivery, Run } from "./delivery";
import type { EventOptions, TestEvent } from "./event";
import type { DocumentWrite, ParkedMessage, PublishedMessage, RecordWrite } from "./journal";

export interface TestHandlerOptions {
  /** Draws every jitter and id, and the order of `shuffled`; equal seeds, equal tests. @default 1 */
  readonly seed?: number | string;
  /** Where virtual time begins. @default 2023-11-14T22:13:20Z */
  readonly now?: Date;
  /** Makes the store; it must take its time from the clock. @default a memory store */
  readonly store?: (clock: Clock) => Store;
  /** `false`: nothing can be parked. @default true */
  readonly deadLetters?: boolean;
  /** Deliveries before the subscription dead-letters. @default what the constructs derive from the contract */
  readonly maxDeliveryAttempts?: number;
  /** Real time for which virtual time waits for a handler that does real input and output. @default "1s" */
  readonly patience?: Duration;
}

/** A handler under test, with everything around it in the test's hands. */
export interface HandlerKit<Payload = unknown> {
  /** The contract's numbers. */
  readonly manifest: ContractManifest;
  /** A message, not delivered yet. @param payload bytes as they are (a `Buffer`), anything else as JSON */
  event(payload: Payload | Buffer, options?: EventOptions): TestEvent;
  /** The same message once more, under an id of its own: a publisher that has sent twice. */
  copyOf(event: TestEvent): TestEvent;
  /** The events in an order that the seed draws. */
  shuffled<T>(events: readonly T[]): T[];
  /** Delivers at once; several deliveries that are not awaited one by one run side by side. */
  deliver(event: TestEvent | Payload, options?: DeliverOptions): Promise<Delivery>;
  /** Delivers the message again after the pause that the contract asks of Pub/Sub: its answer was lost, or a refusal. */
  redeliver(event: TestEvent, options?: DeliverOptions): Promise<Delivery>;
  /** Delivers a copy, as after a publisher that has sent twice. */
  duplicate(event: TestEvent, options?: DeliverOptions): Promise<Delivery>;
  /**
   * Delivers as a subscription does: again and again, with its pauses, until the message is acknowledged or the
   * transport dead-letters it. @param options of the first delivery, of the second, and so on; the rest go well
   */
  settle(event: TestEvent | Payload, ...options: readonly DeliverOptions[]): Promise<readonly Delivery[]>;

  /** Moves virtual time. */
  advance(by: Duration): Promise<void>;
  /** Virtual time, milliseconds since the Unix epoch. */
  now(): number;
  readonly clock: Clock;
  /** For the fakes a handler calls: takes virtual time. */
  sleep(duration: Duration): Promise<void>;
  /** For the fakes a handler calls: its process dies here, inside the handler. */
  crash(): Promise<never>;
  /** For the fakes a handler calls: its process is frozen here. @param duration @default a second longer than the lease */
  pause(duration?: Duration): Promise<void>;

  /** Every delivery that has ended, in order of their ends. */
  readonly deliveries: readonly Delivery[];
  /** Every start of the handler's function, in order. */
  readonly runs: readonly Run[];
  /** Every write of a document that the store has applied, in order, repetitions included. */
  readonly writes: readonly DocumentWrite[];
  /** Those to a document, or to the documents of a collection. */
  writesTo(path: string): readonly DocumentWrite[];
  /** The documents as they are now, by path. */
  readonly documents: ReadonlyMap<string, DocumentData>;
  /** Every message that has gone to Pub/Sub, in order, repetitions included; parked ones apart. */
  readonly published: readonly PublishedMessage[];
  /** Every message in the dead-letter topic, in order. */
  readonly parked: readonly ParkedMessage[];
  /** Ids of messages that are committed and may not have been published. */
  readonly outbox: readonly string[];
  /** Every log line, in order of deliveries. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  /** Where an event stands; undefined before its first claim, and for what has no key. */
  record(event: TestEvent): Promise<RecordData | undefined>;
  /** Every write to a record, in order. */
  readonly records: readonly RecordWrite[];
  /** Name of the event's record. */
  recordKey(event: TestEvent): Promise<string | undefined>;
}
