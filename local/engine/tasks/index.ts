import descriptors from "../../wire/tasks.generated.json";
import type { Methods } from "../../wire/grpc";
import type { RestHandler } from "../../wire/rest";
import { grpcMethods, loadDescriptors } from "../../wire/service";
import { tasksRest } from "./rest";
import { tasksService } from "./service";
import type { Tasks } from "./tasks";

export { createTasks, type NewTask, type Tasks, type TasksOptions } from "./tasks";
export * from "./types";

/** The surfaces of Cloud Tasks on the wire; REST answers paths below `/v2/projects/{project}/locations/`. */
export function tasksServices(tasks: Tasks): { readonly grpc: Methods; readonly rest: RestHandler } {
  const root = loadDescriptors(descriptors);
  const service = tasksService(tasks);
  return { grpc: grpcMethods(root, "google.cloud.tasks.v2.CloudTasks", service), rest: tasksRest(root, service) };
}
