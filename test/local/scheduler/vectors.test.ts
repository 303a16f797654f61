import { parseSchedule } from "../../../language/schedule";
import { virtualClock } from "../../../local/engine/clock";
import type { PushResult } from "../../../local/engine/delivery";
import { createEvents } from "../../../local/engine/events";
import { noJournal } from "../../../local/engine/journal";
import { createScheduler } from "../../../local/engine/scheduler";
import { schedulerVectors } from "../../vectors/scheduler";

const short = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");

describe("Cloud Scheduler", () => {
  it.each(schedulerVectors)("$id: $shows", async (vector) => {
    const parsed = parseSchedule(vector.schedule);
    if (!parsed.ok) throw new Error(vector.schedule);
    const clock = virtualClock(Date.parse(vector.start));
    const answers = [...(vector.answers ?? [])];
    const seen: { at: string; due: string; headers: Readonly<Record<string, string>> }[] = [];
    const scheduler = createScheduler({
      clock,
      events: createEvents(() => clock.now()),
      journal: noJournal,
      push({ headers, timeoutMs }) {
        seen.push({ at: short(clock.now()), due: headers["x-cloudscheduler-scheduletime"]!, headers });
        const answer = answers.shift() ?? 200;
        const result = (status: number): PushResult => ({ kind: "status", status });
        return new Promise((resolve) => {
          if (answer === "hang") clock.after(timeoutMs, () => resolve({ kind: "timeout" }));
          else if (typeof answer === "number") resolve(result(answer));
          else clock.after(answer.after * 1_000, () => resolve(result(answer.status)));
        });
      },
      publish: () => "1",
    });
    const { retry = {} } = vector;
    scheduler.ensure({
      name: "projects/p/locations/r/jobs/report",
      schedule: parsed.schedule,
      timeZone: vector.timeZone ?? "Etc/UTC",
      paused: vector.paused ?? false,
      attemptDeadlineMs: (vector.deadlineSeconds ?? 180) * 1_000,
      retry: {
        count: retry.count ?? 0,
        maxDurationMs: (retry.maxDurationSeconds ?? 0) * 1_000,
        minMs: (retry.minSeconds ?? 5) * 1_000,
        maxMs: (retry.maxSeconds ?? 3_600) * 1_000,
        doublings: retry.doublings ?? 5,
      },
      target: { kind: "http", url: "https://a.example.com", method: "POST", headers: {}, body: Buffer.alloc(0) },
    });
    scheduler.start();
    for (const hour of vector.runNow ?? []) {
      await clock.advance(Date.parse(vector.start) + hour * 3_600_000 - clock.now());
      void scheduler.run("projects/p/locations/r/jobs/report");
    }
    await clock.advance(Date.parse(vector.start) + vector.hours * 3_600_000 - clock.now());
    scheduler.stop();
    expect(seen.map(({ at }) => at)).toEqual(vector.attempts);
    for (const { headers } of vector.headers ? seen : []) expect(headers).toMatchObject(vector.headers!);
    for (const [index, due] of Object.entries(vector.due ?? {})) expect(seen[Number(index)]!.due).toBe(due);
  });

  it("has each behaviour named once", () => {
    const ids = schedulerVectors.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
