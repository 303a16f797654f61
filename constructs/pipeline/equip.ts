import type { ITerraformDependable } from "cdktf";
import { ENV } from "../../contract/environment";
import { EXPIRY_FIELD, OUTBOX_COLLECTION, RECORDS_COLLECTION } from "../../contract/store";
import type { IWorkload } from "../core";
import type { IFirestoreDatabase } from "../firestore/database";
import type { DeadLetterTopic } from "../pubsub/dead-letter-topic";

/** Runs a handler, whoever calls it, or nobody. */
export type HandlerHost = Pick<IWorkload, "serviceAccount" | "addEnvironment">;

/** What every handler needs around it. */
export interface Equipment {
  /** Where it parks what no retry will mend; without it nothing is parked, and the transport has to dead-letter. */
  readonly deadLetterTopic?: DeadLetterTopic;
  /** Where it keeps records and effects; undefined when its contract keeps nothing. */
  readonly store?: IFirestoreDatabase;
}

/**
 * Lets a handler use its equipment, and tells it where it is.
 * @returns the grants, which must exist before its first event
 */
export function equip(host: HandlerHost, { deadLetterTopic, store }: Equipment): readonly ITerraformDependable[] {
  const { serviceAccount } = host;
  const grants: ITerraformDependable[] = [];
  if (deadLetterTopic) {
    host.addEnvironment(ENV.deadLetterTopic, deadLetterTopic.name);
    grants.push(deadLetterTopic.grantPark(serviceAccount).resource);
  }
  if (store) {
    host.addEnvironment(ENV.firestoreDatabase, store.name);
    for (const collection of [RECORDS_COLLECTION, OUTBOX_COLLECTION]) store.expireDocuments(collection, EXPIRY_FIELD);
    grants.push(store.grantReadWrite(serviceAccount, "keeps idempotency records and effects").resource);
  }
  return grants;
}
