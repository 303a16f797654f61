import * as fc from "fast-check";
import type { Schedule } from "../../../language/schedule";

const term = (min: number, max: number) =>
  fc.oneof(
    fc.record({ kind: fc.constant("all" as const), step: fc.integer({ min: 1, max: max - min + 1 }) }),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.integer({ min: 1, max: max - min + 1 }))
      .map(([a, b, step]) => ({ kind: "range" as const, from: Math.min(a, b), to: Math.max(a, b), step })),
  );
const field = (min: number, max: number) => fc.array(term(min, max), { minLength: 1, maxLength: 3 });
const some = (values: readonly number[]) =>
  fc.subarray([...values], { minLength: 1 }).map((found) => found.sort((a, b) => a - b));
const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const time = fc.integer({ min: 0, max: 1_439 });

/** Any schedule whose days exist in every month. */
export const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({
    kind: fc.constant("cron" as const),
    fields: fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)),
  }),
  fc.record({
    kind: fc.constant("days" as const),
    days: fc.oneof(
      fc.record({ kind: fc.constant("dates" as const), dates: some(oneTo(28)) }),
      fc.record({
        kind: fc.constant("weekdays" as const),
        ordinals: some(oneTo(4)),
        weekdays: some([0, 1, 2, 3, 4, 5, 6]),
      }),
    ),
    months: some(oneTo(12)),
    at: time,
  }),
  fc.record(
    {
      kind: fc.constant("interval" as const),
      minutes: fc.integer({ min: 1, max: 3_000 }),
      window: fc.record({ from: time, to: time }),
    },
    { requiredKeys: ["kind", "minutes"] },
  ),
);
