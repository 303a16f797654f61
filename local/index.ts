export { type Clock, realClock, type Timer, type VirtualClock, virtualClock } from "./engine/clock";
export type { EngineEvent, Events } from "./engine/events";
export { type Random, seededRandom } from "./engine/random";
