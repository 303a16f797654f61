import type { Vector } from "../../vectors/pubsub/vector";
import type { Endpoints } from "./endpoints";
import { type Server, play } from "./play";

/** Plays of a vector on a server that lives by the wall clock: a busy machine may make an instant pass too soon. */
const PLAYS = 4;

/**
 * Plays the vectors side by side, the long ones first, and again those that do not come to what they expect. Each
 * outcome is its vector's own; a rejection that nobody asks for is none.
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
    const outcome = enter().then(() => playUntilRight(vector, server, endpoints).finally(leave));
    outcome.catch(() => undefined);
    outcomes.set(vector.id, outcome);
  }
  return outcomes;
}

async function playUntilRight(vector: Vector, server: Server, endpoints: Endpoints): Promise<void> {
  for (let plays = 1; ; plays++)
    try {
      // Each play has names of its own.
      return await play(plays === 1 ? vector : { ...vector, id: `${vector.id}-${plays}` }, server, endpoints);
    } catch (error) {
      if (plays === PLAYS) throw error;
    }
}

/** Engine seconds that a vector may wait, about. */
const span = ({ steps }: Vector): number =>
  steps.reduce((sum, step) => sum + ("wait" in step ? step.wait : "within" in step ? (step.within ?? 0) : 0), 0);
