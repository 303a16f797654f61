import type { IConstruct } from "constructs";
import { MillraceStack } from "../core";
import type { INotificationChannel } from "./notification-channel";

/** What handlers run on, by the type of resource that their logs and metrics name, and what that is called. */
export const HANDLER_RESOURCES = {
  cloud_run_revision: "services and functions",
  cloud_run_job: "jobs",
  cloud_run_worker_pool: "worker pools",
} as const;

export type HandlerResource = keyof typeof HANDLER_RESOURCES;

/** What a stack's handlers have in common for those who watch them. */
export interface Handlers {
  /** What they run on. */
  readonly resources: Set<HandlerResource>;
  /** Who is told of their alarms, in the order in which they were named. */
  readonly notify: Set<INotificationChannel>;
  /** Whether what they say is counted already. */
  counted: boolean;
}

const HANDLERS = Symbol.for("millrace/handlers");

/** They hang on their stack. */
export function handlersOf(construct: IConstruct): Handlers {
  const stack: IConstruct & { [HANDLERS]?: Handlers } = MillraceStack.of(construct);
  return (stack[HANDLERS] ??= { resources: new Set(), notify: new Set(), counted: false });
}
