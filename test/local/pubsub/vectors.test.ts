import { startPubSub } from "../../../local/engine/pubsub";
import { describePubSubEmulator, startPubSubEmulator } from "../../support/pubsub-emulator";
import { vectors } from "../../vectors/pubsub";
import type { Vector } from "../../vectors/pubsub/vector";
import { type Endpoints, startEndpoints } from "./endpoints";
import { type Server, play } from "./play";
import { playAll } from "./play-all";

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
  const stops: (() => Promise<void>)[] = [];
  let outcomes: ReadonlyMap<string, Promise<void>>;

  beforeAll(async () => {
    const endpoints = await startEndpoints();
    stops.push(() => endpoints.close());
    const playAt = async (scale: number, chosen: readonly Vector[]) => {
      const { address, clock, ...rest } = await startPubSub({ timeScale: scale });
      stops.push(() => rest.stop());
      const url = `http://${address}`;
      const server: Server = { side: "engine", url, scale, slackMs: 400, pollMs: 20, now: () => clock.now() };
      return playAll(chosen, server, endpoints, 20);
    };
    outcomes = new Map([
      ...(await playAt(
        10,
        vectors.filter(({ long }) => !long),
      )),
      ...(await playAt(
        300,
        vectors.filter(({ long }) => long),
      )),
    ]);
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  it.each(vectors.map(({ id, shows }) => [id, shows]))("%s: %s", async (id) => outcomes.get(id));
});

describePubSubEmulator("Google's Pub/Sub emulator", () => {
  const played = vectors.filter(({ emulator }) => !(emulator && "skip" in emulator));
  let stop = async () => {};
  let outcomes: ReadonlyMap<string, Promise<void>>;
  let endpoints: Endpoints;
  let server: Server;

  beforeAll(async () => {
    endpoints = await startEndpoints();
    const emulator = await startPubSubEmulator();
    stop = async () => {
      await emulator.stop();
      await endpoints.close();
    };
    const url = `http://${emulator.host}`;
    server = { side: "emulator", url, scale: 1, slackMs: 1_000, pollMs: 100, now: () => Date.now() };
    outcomes = playAll(played, server, endpoints, 20);
  }, 60_000);
  afterAll(() => stop());

  it.each(
    played.map(({ id, shows, emulator }) => [
      id,
      emulator && "does" in emulator ? `${shows}: ${emulator.does}` : shows,
    ]),
  )("%s: %s", async (id) => outcomes.get(id), 120_000);

  // What holds the player itself: production's expectations must fail where the emulator is known to differ.
  it.each(["filter/equals", "filter/broken", "push/body-most", "backoff/minimum"])(
    "does not pass for production: %s",
    async (id) => {
      const vector = { ...vectors.find((one) => one.id === id)!, id: `${id}-in-production` };
      await expect(play(vector, { ...server, side: "engine" }, endpoints)).rejects.toThrow(/^\S+, step \d/);
    },
  );
});
