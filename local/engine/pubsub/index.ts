import { createEvents, type Events } from "../events";
import { realClock } from "../clock";
import { noJournal } from "../journal";
import { seededRandom } from "../random";
import type { Clock } from "../clock";
import type { PushTransport } from "../delivery";
import { createTokens, type Tokens } from "../tokens";
import { grpcMethods, loadDescriptors } from "../../wire/service";
import type { Methods } from "../../wire/grpc";
import type { RestHandler } from "../../wire/rest";
import { startWireServer } from "../../wire/server";
import descriptors from "../../wire/pubsub.generated.json";
import { createPubSub, type PubSub } from "./broker";
import { httpPush } from "./http-push";
import { publisherService } from "./publisher";
import { pubsubRest } from "./rest";
import { subscriberService } from "./subscriber";

export { createPubSub, type PubSub, type PubSubOptions } from "./broker";
export type { ExportTarget, Written } from "./export";
export { httpPush } from "./http-push";
export type { Publication } from "./intake";
export type { Subscription } from "./subscription";
export * from "./types";

/** The broker's surfaces on the wire. */
export interface PubSubServices {
  readonly grpc: Methods;
  /** Answers paths below `/v1/projects/{project}/` that name topics, subscriptions or snapshots. */
  readonly rest: RestHandler;
}

export function pubSubServices(pubsub: PubSub, clock: Clock): PubSubServices {
  const root = loadDescriptors(descriptors);
  const publisher = publisherService(pubsub);
  const subscriber = subscriberService(pubsub, clock);
  const grpc = new Map([
    ...grpcMethods(root, "google.pubsub.v1.Publisher", publisher),
    ...grpcMethods(root, "google.pubsub.v1.Subscriber", subscriber),
  ]);
  return { grpc, rest: pubsubRest(root, { publisher, subscriber }) };
}

export interface StandalonePubSub {
  readonly pubsub: PubSub;
  readonly events: Events;
  readonly clock: Clock;
  /** `127.0.0.1:{port}` for `PUBSUB_EMULATOR_HOST`. */
  readonly address: string;
  /** Signs what `oidc_token` asks for; its keys are at `http://{address}/jwks`. */
  readonly tokens: Tokens;
  stop(): Promise<void>;
}

/** A broker alone, on a loopback port: what Google's emulator is, with production's delivery. */
export async function startPubSub(
  options: { readonly port?: number; readonly seed?: number; readonly timeScale?: number } = {},
): Promise<StandalonePubSub> {
  const clock = realClock(options.timeScale);
  const events = createEvents(() => clock.now());
  const random = seededRandom(options.seed ?? 1);
  const send = httpPush(clock);
  const push: PushTransport = async ({ oidc, ...request }) => {
    if (!oidc) return send(request);
    const token = await tokens.mint({ audience: oidc.audience, email: oidc.serviceAccountEmail });
    return send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  };
  const pubsub = createPubSub({ clock, random, events, journal: noJournal, push });
  const services = pubSubServices(pubsub, clock);
  const rest: RestHandler = (request) => (request.path.startsWith("/v1/") ? services.rest : tokens.handler)(request);
  const server = await startWireServer({ port: options.port ?? 0, grpc: services.grpc, rest });
  const tokens = createTokens({ clock, issuer: `http://${server.address}` });
  pubsub.start();
  return {
    pubsub,
    events,
    clock,
    address: server.address,
    tokens,
    async stop() {
      pubsub.stop();
      await server.close();
    },
  };
}
