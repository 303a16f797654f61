/**
 * How Pub/Sub delivers, as data: what is set up, what is done, what production then does, and where Google's emulator
 * is known to do otherwise. `test/local/pubsub/play.ts` plays a vector against any server of the REST API.
 *
 * In every string of a setup or a call, `{topic:t}`, `{subscription:s}`, `{snapshot:x}` stand for full resource names,
 * `{endpoint:e}` for the URL of a push endpoint, `{project}` for the project, `{time:now}` for the server's time and
 * `{time:mark}` for that of an earlier `mark`, each with an optional offset in seconds: `{time:now-5}`.
 *
 * A message is known by its data, which is unique within its vector; a delivery is known by the data and its count on
 * the subscription: `a#1` is the first delivery of `a`, `a` the latest. The player holds for every vector that a
 * redelivery has the message id of the publish and an ack id of its own.
 */
export interface Vector {
  /** `subject/behaviour`, unique; also names the resources. */
  readonly id: string;
  /** What production does, one sentence. */
  readonly shows: string;
  /** Where Google says so: a URL, or a section of the reference where it was measured. */
  readonly source: string;
  /** REST JSON by alias. @default `{ t: {} }` */
  readonly topics?: Readonly<Record<string, object>>;
  /** @default `{ s: {} }` */
  readonly subscriptions?: Readonly<Record<string, SubscriptionSetup>>;
  readonly endpoints?: Readonly<Record<string, Endpoint>>;
  readonly steps: readonly Step[];
  /** @default the emulator does as production does */
  readonly emulator?: Divergence | NotRun;
}

/** What Google's emulator does instead; what it then answers is in `emulator` of the steps. */
export interface Divergence {
  readonly does: string;
  readonly because: string;
}

/** The emulator is not asked: it would hang, or take minutes. */
export interface NotRun {
  readonly skip: string;
}

/** Least and most engine seconds. */
export type Range = readonly [least: number, most: number];

/**
 * A subscription in REST JSON.
 * `topic` is an alias, by default `t`; `ackDeadlineSeconds` is by default 60, so that no lease ends while a slow
 * machine takes its time.
 */
export type SubscriptionSetup = { readonly topic?: string } & Readonly<Record<string, unknown>>;

/** A push endpoint on loopback that answers as told. */
export interface Endpoint {
  /** Answers to the pushes of a message, by its data; the last one repeats. @default 204 */
  readonly answers?: Readonly<Record<string, readonly Reply[]>>;
}

/** A status, at once or after some engine seconds; `hang` never answers, `reset` closes the connection. */
export type Reply =
  number | { readonly status: number; readonly after?: number; readonly location?: string } | "hang" | "reset";

/** Data alone, or more of a message. */
export type Message =
  | string
  | {
      readonly data?: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly orderingKey?: string;
    };

/** A text, a pattern it matches, or `null` for its absence. */
export type Text = string | RegExp | null;

/** A delivery to a puller: its data, or its data and more; what is not named is not compared. */
export type Delivery =
  | string
  | {
      readonly data: string;
      /** Exactly these. */
      readonly attributes?: Readonly<Record<string, Text>> | null;
      readonly orderingKey?: Text;
      readonly deliveryAttempt?: number | null;
      /** Whether its message id is none that a publish was given. */
      readonly isNew?: boolean;
      /** Engine seconds since the last step that was not a pull. */
      readonly after?: Range;
    };

/** A request to a push endpoint; what is not named is not compared. */
export type Push =
  | string
  | {
      readonly data: string;
      readonly method?: string;
      /** The whole JSON body; patterns match texts. */
      readonly body?: unknown;
      readonly orderingKey?: Text;
      readonly deliveryAttempt?: number | null;
      /** Lower-case names. */
      readonly headers?: Readonly<Record<string, Text>>;
      /** Some claims of the bearer token, or `null` for no token. */
      readonly token?: Readonly<Record<string, string | boolean | RegExp>> | null;
      /** Engine seconds since the endpoint answered the message's last push, or since its publishing. */
      readonly after?: Range;
    };

/** An answer of the REST API. */
export interface Answer {
  /** @default 200 */
  readonly status?: number;
  /** Canonical code of the error. */
  readonly error?: string;
  /** The body holds at least this; patterns match texts, placeholders are filled. */
  readonly match?: object;
  /** What the body's JSON text matches. */
  readonly text?: RegExp;
}

/** In each step `expect` is production and `emulator`, where given, what Google's emulator does in its place. */
export type Step = Publish | Pull | Pushed | Settle | Call | Wait | Mark;

/** Publishes the messages in one request. */
export interface Publish {
  /** Alias of the topic. */
  readonly publish: string;
  readonly messages: readonly Message[];
  readonly expect?: Answer;
  readonly emulator?: Answer;
}

/** Pulls until as many messages came as are expected; with none expected, for `within` that none comes. */
export interface Pull {
  /** Alias of the subscription. */
  readonly pull: string;
  readonly expect: readonly Delivery[];
  readonly emulator?: readonly Delivery[];
  /** `maxMessages` of the request. @default 100 */
  readonly max?: number;
  /** Engine seconds. @default 5, or 1 with nothing expected */
  readonly within?: number;
  readonly anyOrder?: true;
}

/** Waits for the next pushes to an endpoint, each counted once; with none expected, for `within` that none comes. */
export interface Pushed {
  /** Alias of the endpoint. */
  readonly pushed: string;
  readonly expect: readonly Push[];
  readonly emulator?: readonly Push[];
  /** Engine seconds. @default 10, or 2 with nothing expected */
  readonly within?: number;
  readonly anyOrder?: true;
  /** Requests that were open at a time, at most, since the vector began; `emulator` does not change it. */
  readonly peak?: Range;
}

/** Acks, nacks (`seconds: 0`) or extends deliveries. */
export type Settle = (
  { readonly ack: readonly string[] } | { readonly modAck: readonly string[]; readonly seconds: number }
) & {
  /** Alias of the subscription. @default `s` */
  readonly on?: string;
  readonly expect?: Answer;
  readonly emulator?: Answer;
};

/** Any request: `METHOD path`, the path under `/v1/`. */
export interface Call {
  readonly call: string;
  readonly body?: object;
  readonly expect?: Answer;
  readonly emulator?: Answer;
}

/** Lets engine seconds pass. */
export interface Wait {
  readonly wait: number;
}

/** Remembers the server's time under a name. */
export interface Mark {
  readonly mark: string;
}
