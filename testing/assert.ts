import type { HandlerKit } from "./kit";
import { brokenPromises } from "./promises";

/**
 * Says that a document, or the documents of a collection, have been written exactly once over the whole test, however
 * often the event was delivered.
 * @throws Error that lists every write and delivery
 */
export function assertOnce(kit: HandlerKit<never>, path: string): void {
  const writes = kit.writesTo(path);
  if (writes.length === 1) return;
  const lines = writes.map(({ delivery, op, data }) => `  delivery ${delivery}: ${op} ${JSON.stringify(data) ?? ""}`);
  throw new Error([`${path} was written ${times(writes.length)}, not once`, ...lines, ...history(kit)].join("\n"));
}

/** Says that nothing the runtime promises was broken in the test. @throws Error that lists what was */
export async function assertPromises(kit: HandlerKit<never>): Promise<void> {
  const broken = await brokenPromises(kit);
  if (broken.length > 0) throw new Error([...broken, ...history(kit)].join("\n"));
}

const times = (count: number) => (count === 0 ? "never" : `${count} times`);

const history = (kit: HandlerKit<never>): readonly string[] =>
  kit.deliveries.map(
    ({ number, event, outcome, points }) =>
      `  delivery ${number} of ${event.id}: ${outcome.kind} (${points.join(" ")})`,
  );
