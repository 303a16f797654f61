/**
 * How the instances of a Cloud Run worker pool live and pull, as data: a pool, messages of a subscription, what
 * instances do to them, and what is seen when. `test/local/workers/vectors.test.ts` plays them on a virtual clock, with
 * the engine's broker and the worker that a handler is packaged with.
 */
export interface WorkerPoolVector {
  /** `subject/behaviour`, unique. */
  readonly id: string;
  /** What production does, one sentence. */
  readonly shows: string;
  /** Where Google says so. */
  readonly source: string;
  /** @default 1 */
  readonly instances?: number;
  /** Messages that one instance handles at a time. @default 1 */
  readonly concurrency?: number;
  /** Keys are kept in order, by the subscription and by the handler. @default false */
  readonly ordered?: boolean;
  /** @default 10 */
  readonly ackDeadlineSeconds?: number;
  /** Published at a second, @default 0; handled for some seconds, @default 1; failing some times first, @default 0 */
  readonly messages?: readonly {
    readonly id: string;
    readonly at?: number;
    readonly key?: string;
    readonly seconds?: number;
    readonly fails?: number;
  }[];
  /** Instances, by the number of their process from 0, that are lost at a second, or end by themselves. */
  readonly deaths?: readonly { readonly process: number; readonly at: number }[];
  /** Deployments of another number of instances; 0 takes the pool away. */
  readonly deployments?: readonly { readonly at: number; readonly instances: number }[];
  /** Seconds that are played. */
  readonly seconds: number;
  /** Processes that were started: `second revision`, in their order. */
  readonly started: readonly string[];
  /** Handlings that began: `second message/process`, in their order. */
  readonly begun?: readonly string[];
  /** Messages whose handling has ended, by the second of its end. */
  readonly ended?: readonly string[];
  /** Instances at the end. @default as many as were asked for last */
  readonly alive?: number;
  /** Messages that wait at the end. @default 0 */
  readonly left?: number;
}

const POOLS = "https://cloud.google.com/run/docs/configuring/workerpools/manual-scaling";
const CONTRACT = "https://cloud.google.com/run/docs/container-contract";
const LEASES = "https://cloud.google.com/pubsub/docs/lease-management";
const PULL = "https://cloud.google.com/pubsub/docs/pull";
const ORDER = "https://cloud.google.com/pubsub/docs/ordering";
/** Google does not say how long it waits before it starts an instance again: the engine doubles from a second. */
const RESTARTS = `${CONTRACT}#instance-lifetime, pauses of the engine`;

export const workerPoolVectors: readonly WorkerPoolVector[] = [
  {
    id: "instances/as-many-as-asked-for",
    shows: "as many instances run as the pool is told to have, whether there is work or not",
    source: POOLS,
    instances: 3,
    seconds: 3_600,
    started: ["0 1", "0 1", "0 1"],
  },
  {
    id: "instances/none",
    shows: "a pool of no instances leaves its messages where they are",
    source: POOLS,
    instances: 0,
    messages: [{ id: "a" }],
    seconds: 60,
    started: [],
    left: 1,
  },
  {
    id: "instances/one-that-ends-is-started-again",
    shows: "an instance that ends is replaced, the others stay",
    source: RESTARTS,
    instances: 2,
    deaths: [{ process: 0, at: 100 }],
    seconds: 200,
    started: ["0 1", "0 1", "101 1"],
  },
  {
    id: "instances/a-crash-loop-slows-down",
    shows: "an instance that ends soon after each start is started again after pauses that grow",
    source: RESTARTS,
    deaths: [
      { process: 0, at: 1 },
      { process: 1, at: 3 },
      { process: 2, at: 6 },
    ],
    seconds: 60,
    started: ["0 1", "2 1", "5 1", "10 1"],
  },
  {
    id: "deployments/another-number",
    shows: "a deployment is a new revision: its instances start, and then those of the old one are asked to end",
    source: POOLS,
    instances: 1,
    deployments: [{ at: 30, instances: 2 }],
    seconds: 60,
    started: ["0 1", "30 2", "30 2"],
  },
  {
    id: "deployments/taken-away",
    shows: "with the pool its instances go",
    source: POOLS,
    instances: 2,
    deployments: [{ at: 30, instances: 0 }],
    seconds: 60,
    started: ["0 1", "0 1"],
    alive: 0,
  },
  {
    id: "pull/no-request-deadline",
    shows: "a message may take longer than any push could wait: its lease is extended for an hour",
    source: LEASES,
    messages: [{ id: "film", seconds: 3_000 }],
    seconds: 3_100,
    started: ["0 1"],
    begun: ["0 film/0"],
    ended: ["3000 film"],
  },
  {
    id: "pull/no-more-than-it-takes",
    shows: "an instance handles no more messages at a time than it takes; the rest wait for it",
    source: PULL,
    concurrency: 2,
    messages: [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }, { id: "e" }],
    seconds: 30,
    started: ["0 1"],
    begun: ["0 a/0", "0 b/0", "1 c/0", "1 d/0", "2 e/0"],
    ended: ["1 a", "1 b", "2 c", "2 d", "3 e"],
  },
  {
    id: "pull/instances-share",
    shows: "each message goes to one of the instances, and none to two",
    source: PULL,
    instances: 2,
    messages: [
      { id: "a", at: 1, seconds: 10 },
      { id: "b", at: 2, seconds: 10 },
      { id: "c", at: 30 },
    ],
    seconds: 60,
    started: ["0 1", "0 1"],
    begun: ["1 a/0", "2 b/1", "30 c/0"],
    ended: ["11 a", "12 b", "31 c"],
  },
  {
    id: "pull/a-failure-comes-again",
    shows: "a message whose handling fails is given back and comes again at once",
    source: PULL,
    messages: [{ id: "a", fails: 2 }],
    seconds: 30,
    started: ["0 1"],
    begun: ["0 a/0", "1 a/0", "2 a/0"],
    ended: ["3 a"],
  },
  {
    id: "crash/what-it-held-comes-again",
    shows: "what a lost instance held comes again when its lease ends, to whoever pulls then",
    source: LEASES,
    instances: 2,
    ackDeadlineSeconds: 20,
    messages: [{ id: "a", at: 1, seconds: 10 }],
    deaths: [{ process: 0, at: 5 }],
    seconds: 120,
    started: ["0 1", "0 1", "6 1"],
    begun: ["1 a/0", "21 a/1"],
    ended: ["31 a"],
  },
  {
    id: "shutdown/lets-what-is-short-end",
    shows: "an instance that is asked to end has ten seconds for what it does, and takes nothing more",
    source: `${CONTRACT}#instance-shutdown`,
    messages: [
      { id: "a", at: 1, seconds: 5 },
      { id: "b", at: 4 },
    ],
    deployments: [{ at: 3, instances: 0 }],
    seconds: 60,
    started: ["0 1"],
    begun: ["1 a/0"],
    ended: ["6 a"],
    alive: 0,
    left: 1,
  },
  {
    id: "shutdown/gives-the-rest-back",
    shows: "what does not end in time is given back, and a new revision handles it",
    // The worker stops handlers three seconds before it would be killed.
    source: `${CONTRACT}#instance-shutdown`,
    messages: [{ id: "a", at: 1, seconds: 100 }],
    deployments: [{ at: 10, instances: 1 }],
    seconds: 300,
    started: ["0 1", "10 2"],
    begun: ["1 a/0", "17 a/1"],
    ended: ["117 a"],
  },
  {
    id: "order/one-message-of-a-key-at-a-time",
    shows: "messages of one key are handled one after another, those of other keys meanwhile",
    source: ORDER,
    ordered: true,
    concurrency: 3,
    messages: [
      { id: "a1", key: "a", seconds: 5 },
      { id: "a2", key: "a" },
      { id: "b1", key: "b" },
    ],
    seconds: 60,
    started: ["0 1"],
    begun: ["0 a1/0", "0 b1/0", "5 a2/0"],
    ended: ["1 b1", "5 a1", "6 a2"],
  },
  {
    id: "order/a-failure-holds-its-key-up",
    shows: "a message that fails comes again before the next one of its key",
    source: ORDER,
    ordered: true,
    concurrency: 3,
    messages: [
      { id: "a1", key: "a", fails: 1 },
      { id: "a2", key: "a" },
    ],
    seconds: 60,
    started: ["0 1"],
    begun: ["0 a1/0", "1 a1/0", "2 a2/0"],
    ended: ["2 a1", "3 a2"],
  },
];
