import { Construct } from "constructs";
import type { Filter } from "../../language/filter";
import { type AnyContract, deliveryOf } from "../core";
import { needsStore } from "../firestore/default";
import { DeadLetteredSubscription } from "../pubsub/dead-lettered-subscription";
import { CloudRunWorkerPool, type CloudRunWorkerPoolProps } from "../run/pool";
import { RedriveJob } from "../run/redrive-job";
import type { IPipelineConsumer } from "./bind";
import { type Redriven, redriveOf } from "./redrive";

/** A handler whose instances pull, and which of the events it gets. */
export type PoolConsumerProps = CloudRunWorkerPoolProps & {
  readonly contract: AnyContract;
  readonly subscription?: undefined;
  readonly deadLetterTopic?: undefined;
  /** Which messages it is interested in. @default all */
  readonly filter?: Filter | string;
  /** A Cloud Run job that gives the handler its dead letters again when somebody runs it. @default none */
  readonly redrive?: Redriven;
};

/**
 * A consumer of a pipeline that pulls: for work that takes longer than the ten minutes a push can wait, and for
 * consumers that must not be sent more than they take.
 */
export const workerPool = (props: PoolConsumerProps): IPipelineConsumer => ({
  name: props.contract.manifest.name,
  bind(scope, id, { topic, store, ...told }) {
    const { filter, redrive, notify = told.notify, alarms = told.alarms, ...pool } = props;
    const { manifest } = props.contract;
    const delivery = deliveryOf(manifest);
    const home = new Construct(scope, id);
    const monitoring = { notify, alarms, dashboard: pool.dashboard };
    const subscription = new DeadLetteredSubscription(home, "Subscription", {
      contract: props.contract,
      topic,
      name: manifest.name,
      filter,
      ordering: delivery.ordering,
      // The client extends the deadline for as long as the handler works.
      ackDeadline: "60s",
      retry: { minBackoff: `${delivery.minBackoffMs}ms`, maxBackoff: `${delivery.maxBackoffMs}ms` },
      maxDeliveryAttempts: delivery.maxDeliveryAttempts,
      ...monitoring,
    });
    const records = needsStore(props.contract) ? (pool.store ?? store()) : undefined;
    const made = new CloudRunWorkerPool(home, "Pool", {
      ...pool,
      ...monitoring,
      subscription,
      ...(records && { store: records }),
    });
    const redriven = redriveOf(home, redrive, {
      ...pool,
      ...monitoring,
      entry: pool.image === undefined ? pool.entry : undefined,
      serviceAccount: made.serviceAccount,
      store: records,
    });
    if (redriven) {
      const { deadLetterTopic } = subscription;
      new RedriveJob(home, "Redrive", { vpc: pool.vpc, volumes: pool.volumes, ...redriven, deadLetterTopic });
    }
    return {
      alarms: [...subscription.alarms, ...made.alarms],
      dependables: [...subscription.dependables, ...made.dependables],
    };
  },
});
