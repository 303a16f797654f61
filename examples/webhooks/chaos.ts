import type { CrashPoint } from "millrace/contract";
import type { Kill } from "./schedule";

/** A delivery that a process is busy with. */
export interface Busy {
  /** The transport's own count, from 1; absent for what no subscription sends. */
  readonly attempt?: number;
}

/** A process that has stopped at a crash point and waits for leave to go on. */
export interface Reached {
  readonly handler: string;
  readonly point: CrashPoint;
  /** The contract's key of the event in hand: its GitHub delivery id. */
  readonly key: string;
  /** Everything the process is busy with, this event included. */
  readonly inFlight: readonly Busy[];
  readonly kill: () => void;
  readonly goOn: () => void;
}

export interface Chaos {
  readonly onPoint: (reached: Reached) => void;
  /** Kills by point. */
  readonly crashes: Partial<Record<CrashPoint, number>>;
  /** Per handler: deliveries that kills cut short, and kills between effect and record. */
  readonly interrupted: Record<string, number>;
  readonly afterEffect: Record<string, number>;
  /** Scheduled kills that have not come to pass yet. */
  pending(): readonly Kill[];
}

/**
 * Carries out the schedule's kills. Every kill happens at its own event unless a bystander in the same process has few
 * attempts left: then it waits for the next event that reaches the same point, because a delivery that only chaos
 * exhausted would end in the dead-letter topic and prove nothing.
 *
 * @param maxAttempts deliveries before the subscription dead-letters; a kill leaves every bystander at least two
 */
export function createChaos(kills: readonly Kill[], maxAttempts: number): Chaos {
  const pending = new Set(kills);
  const overdue = new Set<Kill>();
  const killed = new Set<string>();
  const chaos: Chaos = {
    crashes: {},
    interrupted: {},
    afterEffect: {},
    pending: () => [...pending],
    onPoint(reached) {
      const { handler, point, key, inFlight } = reached;
      const here = [...pending].filter((kill) => kill.handler === handler && kill.point === point);
      const mine = here.find((kill) => kill.delivery === key) ?? here.find((kill) => overdue.has(kill));
      if (!mine) return reached.goOn();
      if (killed.has(`${handler}/${key}`) || inFlight.some(({ attempt = 1 }) => attempt > maxAttempts - 2)) {
        overdue.add(mine);
        return reached.goOn();
      }
      pending.delete(mine);
      killed.add(`${handler}/${key}`);
      chaos.crashes[point] = (chaos.crashes[point] ?? 0) + 1;
      chaos.interrupted[handler] = (chaos.interrupted[handler] ?? 0) + inFlight.length;
      if (point === "C4") chaos.afterEffect[handler] = (chaos.afterEffect[handler] ?? 0) + 1;
      reached.kill();
    },
  };
  return chaos;
}
