import type { WebhookEvent } from "./corpus";

/**
 * Publishes with Google's own client, unchanged; it finds the engine through `PUBSUB_EMULATOR_HOST`.
 *
 * @param onPublished called for every message that was accepted
 */
export async function publishAll(
  projectId: string,
  topic: string,
  events: readonly WebhookEvent[],
  onPublished: (count: number) => void,
): Promise<void> {
  // The client looks for the credentials of a machine on Google Cloud even when it talks to an emulator.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const { PubSub } = await import("@google-cloud/pubsub");
  const client = new PubSub({ projectId });
  const publisher = client.topic(topic, { messageOrdering: true });
  let count = 0;
  await Promise.all(
    events.map(async ({ body, event, action, delivery, orderingKey }) => {
      const message = { data: body, attributes: { event, action, delivery } };
      await publisher.publishMessage(orderingKey === undefined ? message : { ...message, orderingKey });
      onPublished(++count);
    }),
  );
  await client.close();
}
