import { describePubSubEmulator } from "../../support/pubsub-emulator";
import { vectors } from "../../vectors/pubsub";
import { type Endpoints, startEndpoints } from "./endpoints";
import { play } from "./play";
import { playAll } from "./play-all";
import { type Running, startEmulator, startStandalone, startVirtualEngine } from "./servers";

describe("the vectors", () => {
  it("are at least 45, each under an id of its own", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(45);
    expect(new Set(vectors.map(({ id }) => id)).size).toBe(vectors.length);
  });

  it("say what they show and where the rule comes from", () => {
    const mute = ({ id, shows, source }: (typeof vectors)[number]) =>
      !/^[a-z-]+\/[a-z0-9-]+$/.test(id) || shows.length < 10 || !source.startsWith("https://");
    expect(vectors.filter(mute).map(({ id }) => id)).toEqual([]);
  });

  it("say in words what the emulator does otherwise exactly where a step expects it", () => {
    for (const { id, steps, emulator } of vectors) {
      const told = emulator !== undefined && "does" in emulator;
      expect({ id, told }).toEqual({ id, told: steps.some((step) => "emulator" in step && step.emulator) });
    }
  });
});

describe("Millrace's engine", () => {
  let endpoints: Endpoints;
  let server: Running;
  beforeAll(async () => {
    endpoints = await startEndpoints();
  });
  afterAll(() => endpoints.close());
  afterEach(() => server.stop());

  it.each(vectors.map((vector) => [vector.id, vector.shows, vector] as const))("%s: %s", async (id, _, vector) => {
    server = await startVirtualEngine(id);
    await play(vector, server, endpoints);
  });

  it("signs pushes when it is started alone, on the wall clock", async () => {
    server = await startStandalone();
    await play(
      vectors.find(({ id }) => id === "push/token")!,
      server,
      endpoints,
    );
  });
});

describePubSubEmulator("Google's Pub/Sub emulator", () => {
  const played = vectors.filter(({ emulator }) => !(emulator && "skip" in emulator));
  let endpoints: Endpoints;
  let server: Running;
  let outcomes: ReadonlyMap<string, Promise<void>>;
  beforeAll(async () => {
    endpoints = await startEndpoints();
    server = await startEmulator();
    outcomes = playAll(played, server, endpoints, 40);
  });
  afterAll(async () => {
    await server?.stop();
    await endpoints.close();
  });

  it.each(
    played.map(({ id, shows, emulator }) => [
      id,
      emulator && "does" in emulator ? `${shows}: ${emulator.does}` : shows,
    ]),
  )("%s: %s", async (id) => outcomes.get(id));

  // What holds the player itself: production's expectations must fail where the emulator is known to differ.
  it.each(["filter/equals", "filter/broken", "push/body-most", "backoff/minimum"])(
    "does not pass for production: %s",
    async (id) => {
      const vector = { ...vectors.find((one) => one.id === id)!, id: `${id}-in-production` };
      await expect(play(vector, { ...server, side: "engine" }, endpoints)).rejects.toThrow(/^\S+, step \d/);
    },
  );
});
