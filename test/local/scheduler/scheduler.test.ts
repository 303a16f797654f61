import { parseSchedule, type Schedule } from "../../../language/schedule";
import { virtualClock } from "../../../local/engine/clock";
import type { PushRequest, PushResult } from "../../../local/engine/delivery";
import { createEvents } from "../../../local/engine/events";
import type { Journal } from "../../../local/engine/journal";
import { createScheduler, type JobConfig } from "../../../local/engine/scheduler";
import type { Json } from "../../../contract/json";
import { StatusError } from "../../../local/wire/rest";

const START = Date.parse("2026-11-24T08:58:00Z");
const NAME = "projects/p/locations/r/jobs/report";
const MINUTE = 60_000;

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.schedule;
}

const http: JobConfig["target"] = {
  kind: "http",
  url: "https://report.example.com/run",
  method: "POST",
  headers: {},
  body: Buffer.from("{}"),
  oidc: { serviceAccountEmail: "caller@p.iam.gserviceaccount.com", audience: "report" },
};

const config = (change: Partial<JobConfig> & { readonly text?: string } = {}): JobConfig => {
  const { text = "*/5 * * * *", ...rest } = change;
  return {
    name: NAME,
    schedule: schedule(text),
    timeZone: "Etc/UTC",
    paused: false,
    attemptDeadlineMs: 180_000,
    retry: { count: 0, maxDurationMs: 0, minMs: 5_000, maxMs: 3_600_000, doublings: 5 },
    target: http,
    ...rest,
  };
};

/** A scheduler whose requests are answered as told, each after some time. */
function startScheduler(
  jobs: readonly JobConfig[] = [config()],
  { startMs = START, entries = [] as Json[] }: { startMs?: number; entries?: Json[] } = {},
) {
  const clock = virtualClock(startMs);
  const requests: (PushRequest & { readonly at: string })[] = [];
  const published: { topic: string; text: string }[] = [];
  const answers: { result: PushResult; afterMs: number }[] = [];
  const journal: Journal = { append: (_service, entry) => void entries.push(entry), flush: async () => {} };
  const scheduler = createScheduler({
    clock,
    events: createEvents(() => clock.now()),
    journal,
    push(request) {
      requests.push({ ...request, at: new Date(clock.now()).toISOString().slice(11, 19) });
      const { result, afterMs } = answers.shift() ?? { result: { kind: "status", status: 200 } as const, afterMs: 0 };
      return new Promise((resolve) => clock.after(afterMs, () => resolve(result)));
    },
    publish(topic, { data }) {
      if (topic.endsWith("/missing")) throw new StatusError("NOT_FOUND", "Topic not found");
      published.push({ topic, text: data.toString() });
      return "1";
    },
  });
  for (const entry of entries) scheduler.replay(entry);
  for (const job of jobs) scheduler.ensure(job);
  scheduler.start();
  const answer = (status: number, afterMs = 0) => answers.push({ result: { kind: "status", status }, afterMs });
  const times = () => requests.map(({ at }) => at);
  return { clock, scheduler, requests, published, answer, times, entries };
}

const failing = { count: 3, maxDurationMs: 0, minMs: 10_000, maxMs: 300_000, doublings: 1 };

describe("a job of Cloud Scheduler", () => {
  it("runs when its schedule says so, in its time zone", async () => {
    const { clock, times } = startScheduler([config({ text: "0 10 * * *", timeZone: "Europe/Berlin" })]);
    await clock.advance(24 * 60 * MINUTE);
    expect(times()).toEqual(["09:00:00"]);
  });

  it("sends what it is told and says who it is and when it was due", async () => {
    const { clock, requests } = startScheduler([
      config({ target: { ...http, headers: { "content-type": "application/json", "user-agent": "mine" } } }),
    ]);
    await clock.advance(2 * MINUTE);
    expect(requests[0]).toMatchObject({
      endpoint: "https://report.example.com/run",
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "mine Google-Cloud-Scheduler",
        "x-cloudscheduler": "true",
        "x-cloudscheduler-jobname": "report",
        "x-cloudscheduler-scheduletime": "2026-11-24T09:00:00Z",
      },
      timeoutMs: 180_000,
      oidc: { audience: "report" },
      source: NAME,
      attempt: 1,
    });
    expect(requests[0]!.body.toString()).toBe("{}");
  });

  it("publishes to a topic", async () => {
    const target = (topic: string): JobConfig["target"] => ({
      kind: "pubsub",
      topic,
      data: Buffer.from("tick"),
      attributes: {},
    });
    const { clock, published, scheduler } = startScheduler([
      config({ target: target("projects/p/topics/health") }),
      config({ name: `${NAME}-2`, target: target("projects/p/topics/missing") }),
    ]);
    await clock.advance(2 * MINUTE);
    expect(published).toEqual([{ topic: "projects/p/topics/health", text: "tick" }]);
    expect(scheduler.job(`${NAME}-2`).lastRun).toMatchObject({ ok: false, reason: "Topic not found" });
  });

  it("is not retried unless it says so", async () => {
    const { clock, answer, times, scheduler } = startScheduler();
    answer(500);
    await clock.advance(4 * MINUTE);
    expect(times()).toEqual(["09:00:00"]);
    expect(scheduler.job(NAME).lastRun).toMatchObject({ ok: false, attempts: 1, reason: "status 500" });
  });

  it("is retried with pauses that double and then grow by the same amount, and has the same schedule time", async () => {
    const { clock, answer, times, requests } = startScheduler([config({ text: "0 * * * *", retry: failing })]);
    for (let i = 0; i < 4; i++) answer(503);
    await clock.advance(30 * MINUTE);
    expect(times()).toEqual(["09:00:00", "09:00:10", "09:00:30", "09:01:10"]);
    expect(new Set(requests.map(({ headers }) => headers["x-cloudscheduler-scheduletime"])).size).toBe(1);
    expect(requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  });

  it("is retried until both limits are reached", async () => {
    const retry = { ...failing, count: 1, maxDurationMs: 45_000 };
    const { clock, answer, times } = startScheduler([config({ text: "0 * * * *", retry })]);
    for (let i = 0; i < 5; i++) answer(503);
    await clock.advance(30 * MINUTE);
    expect(times()).toEqual(["09:00:00", "09:00:10", "09:00:30"]);
  });

  it("is not retried once the next run is due", async () => {
    const retry = { ...failing, minMs: 4 * MINUTE, maxMs: 10 * MINUTE };
    const { clock, answer, times } = startScheduler([config({ retry })]);
    for (let i = 0; i < 2; i++) answer(503);
    await clock.advance(8 * MINUTE);
    expect(times()).toEqual(["09:00:00", "09:04:00", "09:05:00"]);
  });

  it("never runs twice at a time: what falls due meanwhile starts late, once, under its own time", async () => {
    const { clock, answer, times, requests } = startScheduler();
    answer(200, 12 * MINUTE);
    await clock.advance(18 * MINUTE);
    expect(times()).toEqual(["09:00:00", "09:12:00", "09:15:00"]);
    expect(requests[1]!.headers["x-cloudscheduler-scheduletime"]).toBe("2026-11-24T09:05:00Z");
  });

  it("with an interval counts from the end of the run before", async () => {
    const { clock, answer, times } = startScheduler([config({ text: "every 5 minutes" })]);
    answer(200, 2 * MINUTE);
    await clock.advance(13 * MINUTE);
    expect(times()).toEqual(["09:03:00", "09:10:00"]);
  });

  it("does nothing while it is paused, and goes on when it is resumed", async () => {
    const { clock, times, scheduler } = startScheduler([config({ paused: true })]);
    await clock.advance(10 * MINUTE);
    expect(times()).toEqual([]);
    expect(scheduler.job(NAME)).not.toHaveProperty("nextMs");
    scheduler.resume(NAME);
    await clock.advance(3 * MINUTE);
    expect(times()).toEqual(["09:10:00"]);
  });

  it("runs now when it is told to, paused or not, and says how that came out", async () => {
    const { clock, scheduler, requests } = startScheduler([config({ paused: true })]);
    const run = scheduler.run(NAME);
    await clock.advance(0);
    await expect(run).resolves.toMatchObject({ ok: true, attempts: 1, scheduledMs: START });
    expect(requests[0]!.headers["x-cloudscheduler-scheduletime"]).toBe("2026-11-24T08:58:00Z");
    await expect(scheduler.run("projects/p/locations/r/jobs/other")).rejects.toMatchObject({ status: "NOT_FOUND" });
  });

  it("remembers its last run, and misses what was due while nothing ran", async () => {
    const before = startScheduler();
    await before.clock.advance(3 * MINUTE);
    before.scheduler.stop();
    const after = startScheduler([config()], { startMs: START + 33 * MINUTE, entries: before.entries });
    expect(after.scheduler.job(NAME).lastRun).toMatchObject({ ok: true, scheduledMs: START + 2 * MINUTE });
    await after.clock.advance(5 * MINUTE);
    expect(after.times()).toEqual(["09:35:00"]);
    expect([...after.scheduler.compact()]).toHaveLength(1);
  });

  it("is gone when the plan has it no more", async () => {
    const { clock, scheduler, times } = startScheduler();
    expect(scheduler.remove(NAME)).toBe(true);
    await clock.advance(10 * MINUTE);
    expect(times()).toEqual([]);
    expect(scheduler.jobs()).toEqual([]);
  });
});
