import { Unavailable } from "../errors";
import type { AccessToken } from "../google/access-token";
import { brief, Refused } from "../google/http";
import type { DeadLetter } from "./letter";

/** A message of the subscription, and what to answer it with. */
export interface Pulled extends DeadLetter {
  readonly ackId: string;
}

/** Every method rejects with `Unavailable` when there was no answer, and with `Refused` when it was a refusal. */
export interface LetterBox {
  /** Messages that are there now; none does not mean that there are none. */
  pull(max: number): Promise<readonly Pulled[]>;
  ack(ackIds: readonly string[]): Promise<void>;
  /** @param seconds 0–600; 0 gives them back */
  hold(ackIds: readonly string[], seconds: number): Promise<void>;
}

export interface LetterBoxOptions {
  /** `projects/{project}/subscriptions/{subscription}` */
  readonly subscription: string;
  /** `host:port` of an emulator. @default Google */
  readonly emulatorHost?: string | undefined;
  readonly accessToken: AccessToken;
  readonly fetch: typeof fetch;
}

interface PullAnswer {
  readonly receivedMessages?: readonly {
    readonly ackId: string;
    readonly message: {
      readonly messageId: string;
      readonly data?: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly orderingKey?: string;
      readonly publishTime: string;
    };
  }[];
}

/** A request has 512 KB at most: https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_ACK_IDS = 1_000;

/** A pull subscription over REST: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions */
export function letterBox({ subscription, emulatorHost, accessToken, fetch }: LetterBoxOptions): LetterBox {
  const base = `${emulatorHost ? `http://${emulatorHost}` : "https://pubsub.googleapis.com"}/v1/${subscription}`;
  const call = async (method: string, body: object): Promise<unknown> => {
    const failed = `${subscription}:${method}`;
    let response: Response;
    let text: string;
    try {
      const token = emulatorHost ? "owner" : await accessToken();
      response = await fetch(`${base}:${method}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
      text = await response.text();
    } catch (error) {
      throw new Unavailable(`${failed}: ${(error as Error).message}`, { cause: error });
    }
    const { status, ok } = response;
    if (ok) return text ? JSON.parse(text) : {};
    const message = `${failed}: ${status} ${brief(text)}`;
    throw status === 429 || status >= 500 ? new Unavailable(message) : new Refused(message, "Pub/Sub", status);
  };
  const each = async (ackIds: readonly string[], method: string, more: object = {}) => {
    for (let i = 0; i < ackIds.length; i += MAX_ACK_IDS)
      await call(method, { ackIds: ackIds.slice(i, i + MAX_ACK_IDS), ...more });
  };
  return {
    async pull(max) {
      const { receivedMessages = [] } = (await call("pull", {
        maxMessages: max,
        returnImmediately: true,
      })) as PullAnswer;
      return receivedMessages.map(({ ackId, message }) => ({
        ackId,
        id: message.messageId,
        data: Buffer.from(message.data ?? "", "base64"),
        attributes: message.attributes ?? {},
        publishTimeMs: Date.parse(message.publishTime),
        ...(message.orderingKey && { orderingKey: message.orderingKey }),
      }));
    },
    ack: (ackIds) => each(ackIds, "acknowledge"),
    hold: (ackIds, seconds) => each(ackIds, "modifyAckDeadline", { ackDeadlineSeconds: seconds }),
  };
}
