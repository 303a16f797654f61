import type { Vector } from "../../vectors/pubsub/vector";
import type { Endpoints } from "./endpoints";
import { type Server, play } from "./play";

/**
 * Plays the vectors side by side, the long ones first. Each outcome is its vector's own; a rejection that nobody asks
 * for is none.
 */
export function playAll(
  vectors: readonly Vector[],
  server: Server,
  endpoints: Endpoints,
  atATime: number,
): ReadonlyMap<string, Promise<void>> {
  const outcomes = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  let places = atATime;
  const enter = async () => {
    if (places > 0) places--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else places++;
  };
  for (const vector of [...vectors].sort((a, b) => span(b) - span(a))) {
    const outcome = enter().then(() => play(vector, server, endpoints).finally(leave));
    outcome.catch(() => undefined);
    outcomes.set(vector.id, outcome);
  }
  return outcomes;
}

/** Engine seconds that a vector may wait, about. */
const span = ({ steps }: Vector): number =>
  steps.reduce((sum, step) => sum + ("wait" in step ? step.wait : "within" in step ? (step.within ?? 0) : 0), 0);
