import { defineContract, defineTopic } from "millrace/contract";
import * as z from "zod";

/** An object of a bucket, as Cloud Storage's notifications describe it. */
const StoredFile = z.looseObject({ bucket: z.string(), name: z.string(), generation: z.string() });

/** A file that no retry will make readable. */
export class FileUnreadable extends Error {
  override readonly name = "FileUnreadable";
}

/** One order of an imported file. */
export const OrderImported = z.object({ orderId: z.string(), cents: z.int(), file: z.string() });

/** What the import tells the rest of the company. */
export const orderImported = defineTopic({ name: "order-imported", schema: OrderImported });

/**
 * Reads a file of orders once. A version of an object is its identity: Cloud Storage tells of it at least once, and a
 * file that is written again is another version.
 */
export const importOrders = defineContract({
  name: "import-orders",
  input: StoredFile,
  key: ({ bucket, name, generation }) => `${bucket}/${name}#${generation}`,
  effects: "transactional",
  writes: ["orders"],
  publishes: [orderImported],
  timeLimit: "60s",
  retry: { attempts: 6, minBackoff: "1s", maxBackoff: "10s", fatal: [FileUnreadable] },
});

const Value = z.union([z.looseObject({ integerValue: z.string() }), z.looseObject({ stringValue: z.string() })]);

/** Writes a receipt for a new order. The change of the document is the event; its id is the same however often it comes. */
export const writeReceipt = defineContract({
  name: "write-receipt",
  input: z.looseObject({ value: z.looseObject({ fields: z.record(z.string(), Value) }) }),
  key: (_change, event) => event.id,
  effects: "transactional",
  writes: ["receipts"],
  timeLimit: "30s",
  retry: { attempts: 6, minBackoff: "1s", maxBackoff: "10s" },
});
