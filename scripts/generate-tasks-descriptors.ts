import { cutDescriptors } from "./descriptors";
import type { Generated } from "./generate";

/** What the engine serves; queues are made by the plan. */
const METHODS = [
  "ListQueues",
  "GetQueue",
  "DeleteQueue",
  "PurgeQueue",
  "PauseQueue",
  "ResumeQueue",
  "ListTasks",
  "GetTask",
  "CreateTask",
  "DeleteTask",
  "RunTask",
];

/** `local/wire/tasks.generated.json`: the messages and the service of google.cloud.tasks.v2 that the engine speaks. */
export default function generate(): Generated {
  const text = cutDescriptors({
    client: "@google-cloud/tasks",
    package: "google.cloud.tasks.v2",
    services: ["CloudTasks"],
    methods: METHODS,
  });
  return { "local/wire/tasks.generated.json": text };
}
