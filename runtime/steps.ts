import { LeaseLost } from "./errors";
import type { Context } from "./handler";
import type { Lease } from "./record/lease";
import { revised } from "./record/revised";

/** `ctx.once` of one delivery. @param untilMs the store is asked no longer than until this instant */
export const createSteps =
  (lease: Lease, untilMs: number): Context["once"] =>
  async <T>(step: string, effect: (key: string) => T): Promise<Awaited<T>> => {
    if (!/^[a-z][\w-]*$/i.test(step)) throw new RangeError(`"${step}" is not a letter and letters, digits, _ or -`);
    const recorded = () => lease.record.steps?.[step];
    const lost = () => new LeaseLost(`step "${step}": the event is done, or another delivery's`);
    if (recorded() === undefined) {
      if (lease.alarm || lease.settled) throw lost();
      const result = JSON.stringify(await effect(`${lease.key}-${step}`)) ?? "";
      const add = (record: Lease["record"]) => ({
        record: revised(record, { steps: { ...record.steps, [step]: result } }),
      });
      // A renewal whose reply was lost passes for this write; then it is made again, on top of that one.
      while (recorded() === undefined) if ((await lease.change(add, untilMs)).kind !== "applied") throw lost();
    }
    const text = recorded()!;
    return (text ? JSON.parse(text) : undefined) as Awaited<T>;
  };
