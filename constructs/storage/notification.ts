import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { serviceAgent } from "../core";
import { ofSameStack } from "../core/dependables";
import { StorageNotification } from "../l1/storage";
import type { ITopic } from "../pubsub/topic";
import type { IBucket } from "./bucket";

/** What happens to an object. https://cloud.google.com/storage/docs/pubsub-notifications#events */
export type ObjectEvent = "finalized" | "deleted" | "archived" | "metadata-updated";

export interface BucketNotificationProps {
  /** Bucket of the stack's project: it is that project's agent of Cloud Storage that publishes. */
  readonly bucket: IBucket;
  /** Where the events go; Cloud Storage is let publish there. */
  readonly topic: ITopic;
  /** @default all */
  readonly events?: readonly [ObjectEvent, ...ObjectEvent[]];
  /** Start of the names of the objects that matter. @default "" */
  readonly prefix?: string;
  /** Attributes of every message, beside `eventType`, `bucketId`, `objectId` and the like. @default none */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Whether a message's data describes the object, as JSON, or is empty. @default "json" */
  readonly data?: "json" | "none";
  /** What must exist before the first event. @default the right to publish */
  readonly dependsOn?: readonly ITerraformDependable[];
}

const EVENTS = {
  finalized: "OBJECT_FINALIZE",
  deleted: "OBJECT_DELETE",
  archived: "OBJECT_ARCHIVE",
  "metadata-updated": "OBJECT_METADATA_UPDATE",
} as const satisfies Record<ObjectEvent, string>;

/** Publishes what happens to the objects of a bucket. Delivery is at least once, and in no order. */
export class BucketNotification extends Construct {
  readonly resource: StorageNotification;

  constructor(scope: Construct, id: string, props: BucketNotificationProps) {
    super(scope, id);
    const { bucket, topic, events, prefix, attributes, data = "json" } = props;
    const publish = topic.grantPublish(serviceAgent(this, "storage"), {
      reason: `publishes what happens in ${bucket.name}`,
    });
    this.resource = new StorageNotification(this, "Resource", {
      bucket: bucket.reference,
      topic: topic.reference,
      payloadFormat: data === "json" ? "JSON_API_V1" : "NONE",
      eventTypes: events?.map((event) => EVENTS[event]),
      objectNamePrefix: prefix,
      customAttributes: attributes && { ...attributes },
      // Terraform sees no edge to the grant, and Cloud Storage asks for it when the notification is made.
      dependsOn: ofSameStack(this, [publish.resource, ...(props.dependsOn ?? [])]),
    });
  }
}
