/**
 * Where the runtime keeps its records in Firestore, and what a TTL policy must therefore name. The constructs that make
 * the database read the same constants.
 */

/** One document per event: its lease, its outcome, its attempts. */
export const RECORDS_COLLECTION = "millrace-records";

/** Messages committed together with a record and not yet published. */
export const OUTBOX_COLLECTION = "millrace-outbox";

/** Timestamp field of both collections on which Firestore's TTL policy collects them. */
export const EXPIRY_FIELD = "expireAt";

/** Attribute that is equal on every copy of one outgoing message, however often it is published. */
export const DEDUPE_ATTRIBUTE = "millrace-dedupe-id";
