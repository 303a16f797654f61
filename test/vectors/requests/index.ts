import { CALLERS } from "./callers";
import { CLOUD_EVENTS } from "./cloudevents";
import { PUSHES } from "./pushes";
import type { RequestVector } from "./vector";

export type { RequestVector } from "./vector";

/** Requests of every sender that a handler may be told of, and what only looks like one. */
export const REQUESTS: readonly RequestVector[] = [...PUSHES, ...CLOUD_EVENTS, ...CALLERS];
