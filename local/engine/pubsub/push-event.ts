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

/** The event that a message of a topic is. */
const published = ({ id, publishedMs }: Message, topic: string) => ({
  id,
  source: `//pubsub.googleapis.com/${topic}`,
  specversion: "1.0",
  type: "google.cloud.pubsub.topic.v1.messagePublished",
  time: new Date(publishedMs).toISOString(),
});

interface From {
  /** Of the subscription. */
  readonly name: string;
  readonly topic: string;
}

/**
 * The request that begins an execution with an event for its argument: JSON as it is, anything else as base64.
 * https://cloud.google.com/eventarc/docs/workflows/cloudevents
 */
export function asArgument(message: Message, form: NonNullable<PushConfig["event"]>, { name, topic }: From) {
  const attributes = Object.entries(message.attributes).filter(([key]) => key.startsWith(PREFIX));
  const named = Object.fromEntries(attributes.map(([key, value]) => [key.slice(PREFIX.length), value]));
  // What anybody may publish to the trigger's topic need not be what it says.
  const json = named["datacontenttype"] === "application/json" ? parsed(message.data) : undefined;
  const event =
    form === "message"
      ? {
          ...published(message, topic),
          datacontenttype: "application/json",
          data: JSON.parse(wrap(message, name).toString("utf8")) as object,
        }
      : {
          ...named,
          data: json ? json.value : message.data.toString("base64"),
        };
  return {
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ argument: JSON.stringify(event) })),
  };
}

/** JSON of the bytes; undefined where they are none. */
function parsed(data: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(data).toString("utf8")) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * The request of an event in binary mode; undefined for one whose attributes do not fit into headers, which is then
 * pushed as the message it is.
 */
export function asEvent(
  message: Message,
  form: NonNullable<PushConfig["event"]>,
  { name, topic }: From,
): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } | undefined {
  if (form === "message") {
    const event = Object.entries(published(message, topic));
    const headers = Object.fromEntries(event.map(([key, value]) => [`${PREFIX}${key}`, value]));
    return { headers: { "content-type": "application/json", ...headers }, body: wrap(message, name) };
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
