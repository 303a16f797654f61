import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { BasePersistenceLayer } from "@aws-lambda-powertools/idempotency/persistence";
import { IdempotencyItemAlreadyExistsError, IdempotencyItemNotFoundError } from "@aws-lambda-powertools/idempotency";
import { defineContract } from "../contract";
import { DEADLINE_MARGIN_MS } from "../contract/contract";
import { ENV } from "../contract/environment";
import { bundled, microseconds } from "./in-process";
import { type Bench, table } from "./measure";

/*
 * CPU of running a function once for an event: claim, function, completion, in memory. Beside it Powertools for AWS
 * Lambda with a store that does what its DynamoDB store does, in memory, and as it comes: without its local cache, which
 * new events would only fill. Both get values and an asynchronous function: nothing is decoded, and the schema checks
 * nothing. The floor is what no wrapper on our store can do without: a hashed key, two writes and the function.
 */
const ROUNDS = 9;
const EVENTS = 4_000;
/** Of Powertools: a ratio, since microseconds depend on who else is at work. */
const MOST_TIMES = 1.25;

type Record = Parameters<InMemory["_putRecord"]>[0];

/** The conditions of Powertools' own DynamoDB layer, on a map. */
class InMemory extends BasePersistenceLayer {
  private readonly records = new Map<string, Record>();

  override async _putRecord(record: Parameters<BasePersistenceLayer["_putRecord"]>[0]): Promise<void> {
    const earlier = this.records.get(record.idempotencyKey);
    const now = Date.now();
    const expired = (earlier?.expiryTimestamp ?? 0) * 1_000 < now;
    const given = earlier?.getStatus() === "INPROGRESS" && (earlier.inProgressExpiryTimestamp ?? 0) < now;
    if (earlier && !expired && !given) throw new IdempotencyItemAlreadyExistsError("there is one", earlier);
    this.records.set(record.idempotencyKey, record);
  }

  override async _getRecord(key: string): Promise<Record> {
    const record = this.records.get(key);
    if (!record) throw new IdempotencyItemNotFoundError("there is none");
    return record;
  }

  override async _updateRecord(record: Record): Promise<void> {
    this.records.set(record.idempotencyKey, record);
  }

  override async _deleteRecord(record: Record): Promise<void> {
    this.records.delete(record.idempotencyKey);
  }
}

type Order = { readonly id: string; readonly cents: number; readonly customer: string };
let made = 0;
const order = (): Order => ({ id: `order-${made++}`, cents: 900, customer: "somebody" });
const orders = () => Array.from({ length: EVENTS }, order);

function powertools(eventKeyJmesPath: string) {
  const config = new IdempotencyConfig({ eventKeyJmesPath });
  // Without a context there is no lease, and a warning for every event.
  config.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 });
  return makeIdempotent(charge, {
    persistenceStore: new InMemory(),
    config,
  });
}

/** Says that everything is well, and so costs nothing. */
const trusting = {
  "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => ({ value: value as Order }) },
} as const;

const charge = async (event: Order) => ({ charged: event.cents });

function floor() {
  const { memoryStore, recordKey, uniqueIds, firstClaim, revised } = bundled(`
    export { memoryStore } from "./runtime/store/memory";
    export { recordKey } from "./runtime/store/key";
    export { uniqueIds } from "./runtime/ids";
    export { firstClaim } from "./runtime/record/decide";
    export { revised } from "./runtime/record/revised";`) as Pick<
    typeof import("../runtime/store/memory"),
    "memoryStore"
  > &
    Pick<typeof import("../runtime/store/key"), "recordKey"> &
    Pick<typeof import("../runtime/ids"), "uniqueIds"> &
    Pick<typeof import("../runtime/record/decide"), "firstClaim"> &
    Pick<typeof import("../runtime/record/revised"), "revised">;
  const store = memoryStore();
  const newId = uniqueIds();
  return async (event: Order) => {
    const key = recordKey("orders", 1, event.id);
    const record = firstClaim({
      key,
      owner: newId(),
      handler: "orders",
      epoch: 1,
      messageId: event.id,
      leaseMs: 15_000,
      maxAttempts: 5,
      rememberMs: 86_400_000,
      nowMs: Date.now(),
    });
    const claimed = await store.commit({ key, expect: undefined, record });
    if (!claimed.applied) throw new Error("claimed twice");
    const result = JSON.stringify(await charge(event));
    await store.commit({ key, expect: claimed.version, record: revised(record, { state: "DONE", result }) });
  };
}

function ours(fingerprint: boolean) {
  const contract = defineContract({
    name: "orders",
    input: trusting,
    key: ({ id }) => id,
    ...(fingerprint && { fingerprint: ({ cents, customer }: Order) => [cents, customer] }),
    effects: "at-least-once",
    store: "memory",
  });
  const { prepare, deliver, createShutdown, defineHandler } = bundled(`
    export { prepare } from "./runtime/core";
    export { deliver } from "./runtime/deliver";
    export { createShutdown } from "./runtime/shutdown";
    export { defineHandler } from "./runtime/handler";`) as Pick<typeof import("../runtime/core"), "prepare"> &
    Pick<typeof import("../runtime/deliver"), "deliver"> &
    Pick<typeof import("../runtime/shutdown"), "createShutdown"> &
    Pick<typeof import("../runtime/handler"), "defineHandler">;
  const prepared = prepare(
    defineHandler(contract, (event) => charge(event as Order)),
    {
      write: () => {},
      env: {
        [ENV.contractHash]: contract.hash,
        [ENV.deadlineMs]: String(contract.manifest.timeLimitMs + DEADLINE_MARGIN_MS),
        [ENV.audience]: "a",
        [ENV.callers]: "e",
        [ENV.store]: "memory",
        [ENV.deadLetterTopic]: "projects/p/topics/dead",
        K_SERVICE: "orders",
      },
    },
  );
  const shutdown = createShutdown();
  const nothing = Buffer.alloc(0);
  return async (event: Order) => {
    const meta = { id: event.id, source: "bench", attributes: {} };
    const { outcome } = await deliver(
      { meta, data: nothing, payload: () => event },
      prepared.clock.now(),
      shutdown,
      prepared,
    );
    if (outcome.kind !== "done") throw new Error(outcome.kind);
  };
}

const bench: Bench = async () => {
  const result = await microseconds(ROUNDS, {
    "millrace, key": { batch: orders, work: ours(false) },
    "millrace, key and fingerprint": { batch: orders, work: ours(true) },
    floor: { batch: orders, work: floor() },
    "powertools, key": { batch: orders, work: powertools("id") },
    "powertools, hash of the payload": { batch: orders, work: powertools("@") },
  });
  console.log(
    table(
      ["µs CPU", "wrapper"],
      Object.entries(result).map(([name, value]) => [value.toFixed(1), name]),
    ),
  );
  const key = result["millrace, key"];
  const theirs = result["powertools, key"];
  return [
    { what: "T1: wrapper with a key", value: key, unit: "µs" },
    { what: "T1: wrapper with a fingerprint", value: result["millrace, key and fingerprint"], unit: "µs" },
    { what: "wrapper beside Powertools, both with a key", value: key / theirs, unit: "×", atMost: MOST_TIMES },
    { what: "floor beside Powertools with a key", value: result.floor / theirs, unit: "×" },
    {
      what: "wrapper with a fingerprint beside Powertools with a hash",
      value: result["millrace, key and fingerprint"] / result["powertools, hash of the payload"],
      unit: "×",
    },
  ];
};

export default bench;
