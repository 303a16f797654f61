import { realClock, virtualClock } from "../../../local/engine/clock";
import { createEvents } from "../../../local/engine/events";
import { noJournal } from "../../../local/engine/journal";
import { createPubSub, httpPush, pubSubServices, startPubSub } from "../../../local/engine/pubsub";
import { seededRandom } from "../../../local/engine/random";
import { createTokens, type Tokens } from "../../../local/engine/tokens";
import { startWireServer } from "../../../local/wire/server";
import { startPubSubEmulator } from "../../support/pubsub-emulator";
import { PUSH_HEADER } from "./endpoints";
import type { Server } from "./play";

export type Running = Server & { stop(): Promise<void> };

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const START = Date.parse("2026-01-01T00:00:00Z");

/**
 * The engine's Pub/Sub on a port of its own and a clock that moves only when the player lets time pass, and only once
 * every push and every answer that is under way has arrived: however busy the machine, the same things happen at the
 * same instants.
 */
export async function startVirtualEngine(seed: string): Promise<Running> {
  const clock = virtualClock(START);
  const events = createEvents(() => clock.now());
  const send = httpPush(clock);
  /** Pushes on their way to an endpoint, or their answers on the way back. */
  const moving = new Set<string>();
  const open = new Set<string>();
  let count = 0;
  let tokens: Tokens | undefined;
  const pubsub = createPubSub({
    clock,
    random: seededRandom(seed),
    events,
    journal: noJournal,
    async push({ oidc, ...request }) {
      const id = String(++count);
      moving.add(id);
      open.add(id);
      try {
        // A key takes longer to make than a vector to play, and few vectors need one.
        tokens ??= oidc && createTokens({ clock, issuer: "http://127.0.0.1" });
        const token = oidc && (await tokens!.mint({ audience: oidc.audience, email: oidc.serviceAccountEmail }));
        const authorization = token !== undefined && { authorization: `Bearer ${token}` };
        return await send({ ...request, headers: { ...request.headers, ...authorization, [PUSH_HEADER]: id } });
      } finally {
        moving.delete(id);
        open.delete(id);
      }
    },
  });
  const settled = async () => {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (moving.size > 0);
  };
  const wire = await startWireServer(pubSubServices(pubsub, clock));
  pubsub.start();
  return {
    side: "engine",
    url: `http://${wire.address}`,
    slackMs: 0,
    clock,
    traffic: {
      arrived: (id) => void moving.delete(id),
      answered: (id) => void (open.has(id) && moving.add(id)),
    },
    async pass(ms) {
      const wasMoving = moving.size > 0;
      await settled();
      if (wasMoving) return;
      const now = clock.now();
      await clock.advance(Math.max(0, Math.min(now + ms, clock.next() ?? Number.POSITIVE_INFINITY) - now));
      await settled();
    },
    async stop() {
      pubsub.stop();
      await wire.close();
    },
  };
}

/** Real milliseconds between two looks at a server that lives by the wall clock, and what a busy machine may add. */
const LOOK_MS = 100;
const SLACK_MS = 5_000;

/** The broker that is started alone, on the wall clock. */
export async function startStandalone(): Promise<Running> {
  const { address, clock, ...rest } = await startPubSub();
  const pass = (ms: number) => sleep(Math.min(ms, LOOK_MS));
  return { side: "engine", url: `http://${address}`, slackMs: SLACK_MS, clock, pass, stop: () => rest.stop() };
}

/** Google's emulator. */
export async function startEmulator(): Promise<Running> {
  const emulator = await startPubSubEmulator();
  return {
    side: "emulator",
    url: `http://${emulator.host}`,
    slackMs: SLACK_MS,
    clock: realClock(),
    pass: (ms) => sleep(Math.min(ms, LOOK_MS)),
    stop: () => emulator.stop(),
  };
}
