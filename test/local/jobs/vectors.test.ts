import { RUN_JOB_DEFAULTS } from "../../../local/engine/jobs";
import { runJobVectors } from "../../vectors/run-jobs";
import { JOB, jobConfig, START, startDesk } from "./desk";

describe("a Cloud Run job", () => {
  it.each(runJobVectors)("$id: $shows", async (vector) => {
    const { tasks, parallelism, retries, timeoutSeconds } = vector.job;
    const { clock, jobs, events } = startDesk(
      (env) => vector.attempts?.[`${env["CLOUD_RUN_TASK_INDEX"]}/${env["CLOUD_RUN_TASK_ATTEMPT"]}`] ?? {},
    );
    jobs.ensure(
      jobConfig({
        tasks: tasks ?? RUN_JOB_DEFAULTS.tasks,
        parallelism: parallelism ?? 0,
        retries: retries ?? RUN_JOB_DEFAULTS.retries,
        timeoutMs: timeoutSeconds === undefined ? RUN_JOB_DEFAULTS.timeoutMs : timeoutSeconds * 1_000,
      }),
    );
    const { overrides = {}, cancelledAt } = vector;
    const { name } = jobs.run(JOB, {
      ...(overrides.tasks !== undefined && { tasks: overrides.tasks }),
      ...(overrides.timeoutSeconds !== undefined && { timeoutMs: overrides.timeoutSeconds * 1_000 }),
    });
    if (cancelledAt !== undefined) {
      await clock.advance(cancelledAt * 1_000);
      jobs.cancel(name);
    }
    await clock.advance(4_000_000);
    const begun = events.flatMap((event) =>
      event.type === "runTaskStarted" ? [`${(event.atMs - START) / 1_000} ${event.index}/${event.attempt}`] : [],
    );
    expect(begun).toEqual(vector.begun);
    const execution = jobs.execution(name);
    expect([execution.state, (execution.endedMs! - START) / 1_000]).toEqual([vector.state, vector.seconds]);
    expect(execution.tasks.filter(({ state }) => state === "failed")).toHaveLength(vector.failed ?? 0);
  });

  it("has each behaviour named once", () => {
    const ids = runJobVectors.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
