import { StatusError } from "../../wire/rest";
import type { Clock } from "../clock";
import { LIMITS, messageFault } from "./limits";
import type { Schemas } from "./schemas";
import type { Transforms } from "./transforms";
import type { Message, TopicConfig } from "./types";

export type Publication = Pick<Message, "data" | "attributes"> & { readonly orderingKey?: string };

/** A message that a topic takes in, or one that its transforms drop: its publisher is not told. */
export type Admitted = { readonly message: Message } | { readonly droppedBy: string; readonly id: string };

export interface IntakeOptions {
  readonly clock: Clock;
  readonly transforms: Transforms;
  readonly schemas: Schemas;
  readonly nextId: () => string;
}

/** What publishing to a topic takes: Google's limits, the topic's transforms and its schema. */
export interface Intake {
  /** @throws INVALID_ARGUMENT, FAILED_PRECONDITION: nothing of the request is published */
  admitAll(topic: TopicConfig, messages: readonly Publication[]): readonly Admitted[];
  /** @throws INVALID_ARGUMENT */
  admit(topic: TopicConfig, message: Publication): Admitted;
}

const invalid = (fault: string) => new StatusError("INVALID_ARGUMENT", fault);

export function createIntake({ clock, transforms, schemas, nextId }: IntakeOptions): Intake {
  const admit: Intake["admit"] = (topic, { data, attributes, orderingKey = "" }) => {
    const id = nextId();
    const made = transforms.apply(topic.transforms, { id, data, attributes, orderingKey, publishedMs: clock.now() });
    // Google returns the error of a function to the publisher.
    if ("fault" in made) throw invalid(`message transform of ${topic.name}: ${made.fault}`);
    if ("droppedBy" in made) return { ...made, id };
    const followed = schemas.apply(topic.schema, made.message);
    if ("fault" in followed) throw invalid(followed.fault);
    return followed;
  };
  return {
    admit,
    admitAll(topic, messages) {
      if (messages.length > LIMITS.publishMessages)
        throw invalid(`at most ${LIMITS.publishMessages} messages in one request`);
      for (const message of messages) {
        const fault = messageFault({ orderingKey: "", ...message });
        if (fault) throw invalid(fault);
      }
      if (new Set(messages.map(({ orderingKey = "" }) => orderingKey)).size > 1)
        throw new StatusError("FAILED_PRECONDITION", "one request publishes messages of one ordering key, or of none");
      // All before any is stored.
      return messages.map((message) => admit(topic, message));
    },
  };
}
