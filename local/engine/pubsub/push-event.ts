import { wrap } from "./envelope";
import type { Message, PushConfig } from "./types";

const PREFIX = "ce-";

/**
 * Values travel percent-encoded where HTTP or CloudEvents ask for it. Google leaves spaces inside as they are.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
 */
const encoded = (value: string): string => value.replace(/[^\x20-\x7e]+|["%]/g, (part) => encodeURIComponent(part));

/** What HTTP would trim cannot be a header's value. */
const fits = (value: string): boolean => value === value.trim();

/**
 * The request of an event in binary mode; undefined for one whose attributes do not fit into headers, which is then
 * pushed as the message it is.
 */
export function asEvent(
  message: Message,
  form: NonNullable<PushConfig["event"]>,
  { name, topic }: { readonly name: string; readonly topic: string },
): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } | undefined {
  if (form === "message") {
    return {
      headers: {
        "content-type": "application/json",
        "ce-id": message.id,
        "ce-source": `//pubsub.googleapis.com/${topic}`,
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-time": new Date(message.publishedMs).toISOString(),
      },
      body: wrap(message, name),
    };
  }
  const attributes = Object.entries(message.attributes).filter(([name]) => name.startsWith(PREFIX));
  if (!attributes.every(([, value]) => fits(value))) return undefined;
  const { "ce-datacontenttype": contentType, ...headers } = Object.fromEntries(attributes);
  return {
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, encoded(value)])),
      ...(contentType !== undefined && { "content-type": contentType }),
    },
    body: message.data,
  };
}
