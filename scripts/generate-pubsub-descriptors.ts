import { cutDescriptors } from "./descriptors";
import type { Generated } from "./generate";

/** `local/wire/pubsub.generated.json`: the messages and services of google.pubsub.v1 that the engine speaks. */
export default function generate(): Generated {
  const text = cutDescriptors({
    client: "@google-cloud/pubsub",
    package: "google.pubsub.v1",
    services: ["Publisher", "Subscriber"],
  });
  return { "local/wire/pubsub.generated.json": text };
}
