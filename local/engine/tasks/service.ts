import type { ProtoJson } from "../../wire/proto-json";
import type { ServiceImplementation } from "../../wire/service";
import { nameIn, page } from "../pubsub/requests";
import { queueResource, taskOf, taskResource } from "./resources";
import type { Tasks } from "./tasks";

const isFull = (request: ProtoJson) => request["responseView"] === "FULL";

/** google.cloud.tasks.v2.CloudTasks, without what makes queues and changes their limits: the plan does. */
export function tasksService(tasks: Tasks): ServiceImplementation {
  const named = (request: ProtoJson) => nameIn(request, "name");
  const queue = (name: string) => queueResource(tasks.queue(name));
  return {
    unary: {
      ListQueues(request) {
        const parent = `${nameIn(request, "parent")}/queues/`;
        const mine = tasks.queues().filter(({ config }) => config.name.startsWith(parent));
        return page("queues", mine.map(queueResource), request);
      },
      GetQueue: (request) => queue(named(request)),
      DeleteQueue(request) {
        tasks.queue(named(request));
        tasks.remove(named(request));
        return {};
      },
      PurgeQueue(request) {
        tasks.purge(named(request));
        return queue(named(request));
      },
      PauseQueue(request) {
        tasks.pause(named(request), true);
        return queue(named(request));
      },
      ResumeQueue(request) {
        tasks.pause(named(request), false);
        return queue(named(request));
      },
      ListTasks(request) {
        const all = tasks.list(nameIn(request, "parent"));
        return page(
          "tasks",
          all.map((task) => taskResource(task, isFull(request))),
          request,
        );
      },
      GetTask: (request) => taskResource(tasks.get(named(request)), isFull(request)),
      CreateTask(request) {
        const made = tasks.create(nameIn(request, "parent"), taskOf(request["task"] ?? {}));
        return taskResource(made, isFull(request));
      },
      DeleteTask(request) {
        tasks.delete(named(request));
        return {};
      },
      RunTask: (request) => taskResource(tasks.run(named(request)), isFull(request)),
    },
  };
}
