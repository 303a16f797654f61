import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describeIssues } from "./schema";

/** Attributes of a message; a topic that names them lets filters be checked against them. */
export type EventAttributes = Readonly<Record<string, string>>;

/** What a topic's publishers and consumers agree on. */
export interface TopicSpec<Schema extends StandardSchemaV1, Attributes extends EventAttributes = EventAttributes> {
  /** A name that `MILLRACE_TOPICS` gives an address, or the address itself: `projects/{project}/topics/{topic}`. */
  readonly name: string;
  /** Schema of the events; the `input` of the contracts of those who consume them. */
  readonly schema: Schema;
  /** Events of equal key are delivered in the order in which they were published. @default no order */
  orderingKey?(event: StandardSchemaV1.InferInput<Schema>): string;
  /** What subscriptions filter by. @default none */
  attributes?(event: StandardSchemaV1.InferInput<Schema>): Attributes;
}

/** A message as it is published. */
export interface OutgoingMessage {
  /** Bytes as they are, text as UTF-8, anything else as JSON. @default no data; then an attribute is needed */
  readonly data?: unknown;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly orderingKey?: string;
}

/** What may be said of an event beside itself. */
export type EventExtras = Pick<OutgoingMessage, "attributes" | "orderingKey">;

/** A topic of events of one schema. Pure, so that synthesis can import it. */
export interface EventTopic<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  Attributes extends EventAttributes = EventAttributes,
> extends TopicSpec<Schema, Attributes> {
  /** @throws RangeError when the name is no address and `addresses`, the value of `MILLRACE_TOPICS`, has none for it */
  address(addresses: string | undefined): string;
  /** @throws TypeError when the event does not fit the schema, or that validates asynchronously */
  message(event: StandardSchemaV1.InferInput<Schema>, extras?: EventExtras): OutgoingMessage;
}

const ADDRESS = /^projects\/[^/]+\/topics\/[^/]+$/;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** @throws RangeError for a name that is neither `^[a-z][a-z0-9-]{0,62}$` nor an address */
export function defineTopic<
  Schema extends StandardSchemaV1,
  const Attributes extends EventAttributes = EventAttributes,
>(spec: TopicSpec<Schema, Attributes>): EventTopic<Schema, Attributes> {
  const { name, schema } = spec;
  if (!NAME.test(name) && !ADDRESS.test(name))
    throw new RangeError(`"${name}" is neither ${NAME.source} nor projects/{project}/topics/{topic}`);
  return Object.freeze({
    ...spec,
    address(addresses = "") {
      if (ADDRESS.test(name)) return name;
      const address = parseTopics(addresses).get(name);
      if (address === undefined) throw new RangeError(`MILLRACE_TOPICS has no address for topic ${name}`);
      return address;
    },
    message(event: StandardSchemaV1.InferInput<Schema>, extras: EventExtras = {}) {
      const result = schema["~standard"].validate(event);
      if (result instanceof Promise) throw new TypeError(`the schema of topic ${name} validates asynchronously`);
      if (result.issues)
        throw new TypeError(`an event for topic ${name} does not fit its schema: ${describeIssues(result.issues)}`);
      const orderingKey = extras.orderingKey ?? spec.orderingKey?.(event);
      return {
        // Whoever consumes it validates the same input, so it is sent as it was given.
        data: JSON.stringify(event),
        attributes: { ...spec.attributes?.(event), ...extras.attributes },
        ...(orderingKey !== undefined && { orderingKey }),
      };
    },
  });
}

/** The value of `MILLRACE_TOPICS`: addresses of topics by their names. */
export const formatTopics = (addresses: Readonly<Record<string, string>>): string =>
  Object.entries(addresses)
    .map(([name, address]) => `${name}=${address}`)
    .join(",");

/** @throws RangeError when an entry is not `{name}=projects/{project}/topics/{topic}` */
export function parseTopics(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").flatMap((entry) => {
      if (entry.trim() === "") return [];
      const [name = "", address = ""] = entry.trim().split("=", 2);
      if (name === "" || !ADDRESS.test(address))
        throw new RangeError(`MILLRACE_TOPICS: "${entry.trim()}" is not {name}=projects/{project}/topics/{topic}`);
      return [[name, address] as const];
    }),
  );
}
