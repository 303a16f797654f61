import { workerPoolVectors } from "../../vectors/worker-pools";
import { play } from "./pool";

describe("a Cloud Run worker pool", () => {
  it.each(workerPoolVectors)("$id: $shows", async (vector) => {
    const { variables: _variables, ...seen } = await play(vector);
    const last = vector.deployments?.at(-1)?.instances ?? vector.instances ?? 1;
    expect(seen).toEqual({
      started: vector.started,
      begun: vector.begun ?? [],
      ended: vector.ended ?? [],
      alive: vector.alive ?? last,
      left: vector.left ?? 0,
    });
  });

  it("tells its processes which pool and which revision they are", async () => {
    const { variables } = await play(workerPoolVectors.find(({ id }) => id === "deployments/another-number")!);
    expect(variables.map((each) => [each["CLOUD_RUN_WORKER_POOL"], each["CLOUD_RUN_WORKER_POOL_REVISION"]])).toEqual([
      ["films", "films-00001-loc"],
      ["films", "films-00002-loc"],
      ["films", "films-00002-loc"],
    ]);
  });

  it("has each behaviour named once", () => {
    const ids = workerPoolVectors.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
