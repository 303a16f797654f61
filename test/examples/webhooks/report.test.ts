import { CONSUMERS } from "../../../examples/webhooks/consumers";
import { corpus, type WebhookEvent } from "../../../examples/webhooks/corpus";
import { assess, type Observations } from "../../../examples/webhooks/report";
import { schedule } from "../../../examples/webhooks/schedule";

const SEED = 7;
let events: readonly WebhookEvent[];
let flawless: Observations;

/** What a run looks like in which everything went right. */
beforeAll(() => {
  events = corpus(SEED);
  const plan = schedule(events, CONSUMERS, SEED);
  const order = [...new Set(plan.publications)];
  const deadFor = (handler: string, event: WebhookEvent) =>
    event.poison === "unparsable" || (event.poison === "fatal" && handler === "pull-requests");
  const pairs = CONSUMERS.flatMap((consumer) =>
    order.filter((event) => consumer.receives(event)).map((event) => ({ consumer, event })),
  );
  const alive = pairs.filter(({ consumer, event }) => !deadFor(consumer.handler, event));
  const killed = plan.kills.filter(({ handler, point }) => handler === "audit" && point === "C4");
  flawless = {
    seed: SEED,
    schedule: plan,
    deliveries: { "pull-requests": 60, pushes: 60, audit: 500 },
    acked: Object.fromEntries(
      CONSUMERS.map(({ handler, receives }) => [
        handler,
        plan.publications.filter((event) => receives(event) && event.poison !== "unparsable").length,
      ]),
    ),
    writes: alive
      .filter(({ consumer }) => consumer.transactional)
      .map(({ consumer, event }) => ({ consumer: consumer.handler, delivery: event.delivery })),
    auditLines: [
      ...alive.filter(({ consumer }) => !consumer.transactional).map(({ event }) => line(event.delivery)),
      ...killed.map(({ delivery }) => line(delivery)),
    ],
    deadLetters: pairs
      .filter(({ consumer, event }) => deadFor(consumer.handler, event))
      .map(({ consumer, event }) => ({ consumer: consumer.handler, delivery: event.delivery })),
    crashes: { C2: 3, C3: 2, C4: 2, C6: 3 },
    auditKills: { afterEffect: 2, interrupted: 4 },
    timeScale: 5,
    door: "direct",
    seconds: 20,
  };
});

const line = (delivery: string) => JSON.stringify({ delivery });
const failing = (seen: Observations) => assess(seen, CONSUMERS).checks.filter(({ ok }) => !ok);
const names = (seen: Observations) => failing(seen).map(({ name }) => name);

describe("the report of the main job", () => {
  it("passes a run in which every effect happened once", () => {
    expect(failing(flawless)).toEqual([]);
  });

  it("counts effects by raw writes: one write too many is seen, even of an event that is already there", () => {
    const seen = { ...flawless, writes: [...flawless.writes, flawless.writes[0]!] };
    expect(names(seen)).toEqual(expect.arrayContaining(["effects", "events whose effect did not happen exactly once"]));
  });

  it("sees an effect that never happened as lost", () => {
    expect(names({ ...flawless, writes: flawless.writes.slice(1) })).toEqual(expect.arrayContaining(["lost"]));
  });

  it("sees a healthy event behind a dead-letter topic", () => {
    const { consumer, delivery } = flawless.writes[0]!;
    const deadLetters = [...flawless.deadLetters, { consumer, delivery }];
    expect(names({ ...flawless, deadLetters })).toContain("dead-lettered events");
  });

  it("sees a poison event that was not dead-lettered", () => {
    const gone = flawless.deadLetters[0]!.delivery;
    const deadLetters = flawless.deadLetters.filter(({ delivery }) => delivery !== gone);
    expect(names({ ...flawless, deadLetters })).toEqual(expect.arrayContaining(["dead-lettered events", "lost"]));
  });

  it("sees an ordered effect that overtook another of its key", () => {
    const keys = new Map(events.map(({ delivery, orderingKey }) => [delivery, orderingKey]));
    const pulls = flawless.writes.filter(({ consumer }) => consumer === "pull-requests");
    const first = pulls.find(({ delivery }, i) =>
      pulls.slice(i + 1).some((other) => keys.get(other.delivery) === keys.get(delivery)),
    )!;
    const writes = [...flawless.writes.filter((write) => write !== first), first];
    expect(names({ ...flawless, writes })).toEqual(["out of order"]);
  });

  it.each(["C2", "C3", "C4", "C6"] as const)("sees that no process crashed at %s", (point) => {
    const crashes = { ...flawless.crashes, [point]: 0 };
    expect(names({ ...flawless, crashes })).toEqual([`crashes at ${point}`]);
  });

  it("sees more repeats of the at-least-once consumer than its kills explain", () => {
    const auditLines = [...flawless.auditLines, ...Array<string>(5).fill(flawless.auditLines[0]!)];
    expect(names({ ...flawless, auditLines })).toEqual(["repeats beyond what kills interrupted"]);
  });

  it("sees a kill between effect and record that repeated nothing: then the effect was never there", () => {
    const auditLines = [...new Set(flawless.auditLines)];
    expect(names({ ...flawless, auditLines })).toEqual(["repeats where a kill fell between effect and record"]);
  });

  it("sees fewer suppressed duplicates than were published", () => {
    const acked = { ...flawless.acked, pushes: flawless.acked["pushes"]! - 1 };
    expect(names({ ...flawless, acked })).toEqual(["duplicates suppressed"]);
  });
});
