import type { Message } from "./types";

export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** The wrapped body: both spellings of id and publish time, as production sends them. */
export function wrap(message: Message, subscription: string, attempt?: number): Buffer {
  const { id, data, attributes, orderingKey, publishedMs } = message;
  return Buffer.from(
    JSON.stringify({
      ...(attempt !== undefined && { deliveryAttempt: attempt }),
      message: {
        ...(Object.keys(attributes).length > 0 && { attributes }),
        ...(data.length > 0 && { data: data.toString("base64") }),
        messageId: id,
        message_id: id,
        ...(orderingKey && { orderingKey }),
        publishTime: timestamp(publishedMs),
        publish_time: timestamp(publishedMs),
      },
      subscription,
    }),
  );
}
