import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Random, seededRandom } from "millrace/local";

/** One webhook as GitHub would send it, ready to be published. */
export interface WebhookEvent {
  /** Position in the corpus; poison follows after the real ones. */
  readonly index: number;
  readonly event: string;
  readonly action: string;
  /** Identity, a UUID derived from seed and position. */
  readonly delivery: string;
  /** Repository full name, else organization or installation id; undefined when the payload names none of them. */
  readonly orderingKey: string | undefined;
  readonly body: Buffer;
  /** How this event is meant to fail, if it is. */
  readonly poison?: "unparsable" | "fatal";
}

interface Payload {
  readonly action?: string;
  readonly repository?: { readonly full_name?: string };
  readonly organization?: { readonly id?: number };
  readonly installation?: { readonly id?: number };
}

interface Catalogue {
  readonly name: string;
  readonly examples: readonly Payload[];
}

/** How many synthetic repositories stand in for the one that most of the published examples share. */
const REPOSITORIES = 24;

/** The 329 payloads that GitHub's webhooks project publishes (npm `@octokit/webhooks-examples`, MIT). */
function payloads(): { event: string; payload: Payload }[] {
  // The package is one JSON file of 4 MB; reading it is cheaper than importing it, and no import attribute is needed.
  const file = require.resolve("@octokit/webhooks-examples");
  const catalogue = JSON.parse(readFileSync(file, "utf8")) as readonly Catalogue[];
  return catalogue.flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, payload })));
}

/**
 * The real events followed by five poison ones: three whose body is cut off, so that no handler can parse it, and two
 * pull requests without a repository, which their handler declares fatal.
 */
export function corpus(seed: number): readonly WebhookEvent[] {
  const random = seededRandom(seed).fork("corpus");
  const real = payloads().map(({ event, payload }, index) => toEvent(index, event, spread(payload, random), seed));
  return [...real, ...poison(real, seed)];
}

function toEvent(index: number, event: string, payload: Payload, seed: number): WebhookEvent {
  return {
    index,
    event,
    action: payload.action ?? "none",
    delivery: uuid(`${seed}/${index}`),
    orderingKey: orderingKeyOf(payload),
    body: Buffer.from(JSON.stringify(payload)),
  };
}

/** Gives the payload one of the synthetic repositories, if it names a repository at all. */
function spread(payload: Payload, random: Random): Payload {
  if (!payload.repository?.full_name) return payload;
  const repository = random.below(REPOSITORIES).toString().padStart(2, "0");
  return { ...payload, repository: { ...payload.repository, full_name: `octo-org/repository-${repository}` } };
}

function orderingKeyOf(payload: Payload): string | undefined {
  const id = payload.organization?.id ?? payload.installation?.id;
  return payload.repository?.full_name ?? (id === undefined ? undefined : String(id));
}

function poison(real: readonly WebhookEvent[], seed: number): WebhookEvent[] {
  const pushes = real.filter(({ event }) => event === "push").slice(0, 3);
  const pulls = real.filter(({ event }) => event === "pull_request").slice(0, 2);
  const broken = pushes.map((event) => ({
    ...event,
    body: event.body.subarray(0, 100),
    poison: "unparsable" as const,
  }));
  const homeless = pulls.map((event) => {
    const { repository: _dropped, ...payload } = JSON.parse(event.body.toString()) as Payload;
    return { ...event, body: Buffer.from(JSON.stringify(payload)), poison: "fatal" as const };
  });
  return [...broken, ...homeless].map((event, i) => {
    const index = real.length + i;
    return { ...event, index, delivery: uuid(`${seed}/${index}`) };
  });
}

/** A version 8 UUID (RFC 9562: free-form) from the hash of a name. */
function uuid(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
