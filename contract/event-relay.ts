import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Contract, defineContract } from "./contract";

/** Takes every payload as it is. */
const anything: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "millrace", validate: (value) => ({ value }) },
};

/**
 * The relay that publishes events of Eventarc to a topic. It may publish one twice: the event's own id goes along, and
 * whoever consumes the topic knows it again.
 */
export const eventRelay: Contract<typeof anything, "at-least-once"> = defineContract({
  name: "event-relay",
  input: anything,
  key: (_payload, event) => event.id,
  effects: "at-least-once",
  store: "memory",
  timeLimit: "30s",
  concurrency: 80,
});
