import { taskVectors } from "../../vectors/tasks";
import { queueConfig, QUEUE, START, startDesk, task } from "./desk";

describe("Cloud Tasks", () => {
  it.each(taskVectors)("$id: $shows", async (vector) => {
    const { perSecond, concurrent, attempts, maxDurationSeconds, minSeconds, maxSeconds, doublings } =
      vector.queue ?? {};
    const queue = queueConfig(
      { ...(perSecond !== undefined && { perSecond }), ...(concurrent !== undefined && { concurrent }) },
      {
        ...(attempts !== undefined && { attempts }),
        ...(maxDurationSeconds !== undefined && { maxDurationMs: maxDurationSeconds * 1_000 }),
        ...(minSeconds !== undefined && { minMs: minSeconds * 1_000 }),
        ...(maxSeconds !== undefined && { maxMs: maxSeconds * 1_000 }),
        ...(doublings !== undefined && { doublings }),
      },
    );
    const { clock, tasks, requests } = startDesk({ queue, answers: vector.answers ?? [] });
    for (const [index, { id, createdAt = 0, inSeconds, deadlineSeconds }] of (vector.tasks ?? [{}]).entries()) {
      await clock.advance(createdAt * 1_000 - (clock.now() - START));
      const create = () =>
        tasks.create(
          QUEUE,
          task({
            ...(id !== undefined && { name: `${QUEUE}/tasks/${id}` }),
            ...(inSeconds !== undefined && { scheduleMs: START + inSeconds * 1_000 }),
            ...(deadlineSeconds !== undefined && { deadlineMs: deadlineSeconds * 1_000 }),
          }),
        );
      if (vector.refused?.includes(index))
        expect(create).toThrow(expect.objectContaining({ status: "ALREADY_EXISTS" }));
      else create();
    }
    await clock.advance(vector.seconds * 1_000 - (clock.now() - START));
    expect(requests.map(({ at }) => at)).toEqual(vector.attempts);
    for (const [index, headers] of Object.entries(vector.headers ?? {}))
      for (const [name, value] of Object.entries(headers))
        expect([name, requests[Number(index)]!.headers[name] ?? null]).toEqual([name, value]);
    expect(tasks.list(QUEUE)).toHaveLength(vector.left ?? 0);
  });

  it("names each behaviour once", () => {
    const ids = taskVectors.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
});
