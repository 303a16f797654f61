import * as fc from "fast-check";
import { z } from "zod";
import { type Contract, defineContract } from "../../contract/contract";
import {
  Bucket,
  type ConsumerProps,
  EventDrivenPipeline,
  every,
  type MillraceStack,
  NotificationChannel,
  type PipelineSource,
  principal,
  Schema,
  ServiceAccount,
  type SinkProps,
  Topic,
} from "../../constructs";
import { buildWork, type WorkCase, workCases, workConsumers, workContracts } from "./work";

/** How the handlers of a case are made; each belongs to one consumer. */
export interface HandlerCase {
  readonly runOn: "function" | "service" | "image";
  readonly timeLimitSeconds: number;
  readonly attempts: number;
  readonly backoffSeconds: readonly [least: number, most: number];
  readonly order: boolean;
  readonly concurrency: number;
  readonly store: "firestore" | "memory";
  readonly filter: boolean;
  readonly body: "wrapped" | "unwrapped" | undefined;
  readonly retentionDays: number;
  readonly ingress: "internal" | "all" | undefined;
  readonly secret: boolean;
  readonly publishes: boolean;
  readonly vpc: boolean;
}

export type SinkCase = {
  readonly writeTo: "bigquery" | "cloud-storage";
  readonly filter: boolean;
  readonly transforms: boolean;
  readonly ownIdentity: boolean;
  readonly retentionDays: number;
};

/** A pipeline as data: where its events come from, who takes them, and with which options. */
export interface PipelineCase {
  readonly source: "none" | "bucket" | "audit-log" | "bigquery-jobs" | "documents" | "schedule" | "before";
  readonly topic: "own" | "given" | "schema" | "encrypted";
  readonly publishers: boolean;
  readonly alarms: boolean;
  readonly notify: "nobody" | "mail" | "topic";
  readonly handlers: readonly HandlerCase[];
  readonly sinks: readonly SinkCase[];
  /** Pools, jobs of Dataflow and Cloud Run, queues, schedules and workflows around it. */
  readonly work: WorkCase;
}

const flag = fc.boolean();

const handler: fc.Arbitrary<HandlerCase> = fc.record({
  runOn: fc.constantFrom("function", "service", "image"),
  timeLimitSeconds: fc.integer({ min: 1, max: 595 }),
  attempts: fc.integer({ min: 1, max: 90 }),
  backoffSeconds: fc
    .tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 600 }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
  order: flag,
  concurrency: fc.integer({ min: 1, max: 1000 }),
  store: fc.constantFrom("firestore", "memory"),
  filter: flag,
  body: fc.constantFrom("wrapped", "unwrapped", undefined),
  retentionDays: fc.integer({ min: 1, max: 31 }),
  ingress: fc.constantFrom("internal", "all", undefined),
  secret: flag,
  publishes: flag,
  vpc: flag,
});

const sink: fc.Arbitrary<SinkCase> = fc.record({
  writeTo: fc.constantFrom("bigquery", "cloud-storage"),
  filter: flag,
  transforms: flag,
  ownIdentity: flag,
  retentionDays: fc.integer({ min: 1, max: 31 }),
});

/** Pipelines of at least one consumer. */
export const pipelineCases: fc.Arbitrary<PipelineCase> = fc
  .record({
    source: fc.constantFrom("none", "bucket", "audit-log", "bigquery-jobs", "documents", "schedule", "before"),
    topic: fc.constantFrom("own", "given", "schema", "encrypted"),
    publishers: flag,
    alarms: flag,
    notify: fc.constantFrom("nobody", "mail", "topic"),
    handlers: fc.array(handler, { maxLength: 2 }),
    sinks: fc.array(sink, { maxLength: 1 }),
    work: workCases,
  })
  .filter(
    ({ handlers, sinks, work }) => handlers.length > 0 || sinks.length > 0 || work.pool || work.stream !== "none",
  );

const IMAGE = `europe-west1-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
const KEY = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/events";

/** The contract of a handler; its name is all that its neighbours do not share. */
export const contractOf = (name: string, one: HandlerCase): Contract =>
  defineContract({
    name,
    input: z.object({}),
    key: (_input, event) => event.id,
    effects: "at-least-once",
    timeLimit: `${one.timeLimitSeconds}s`,
    retry: {
      attempts: one.attempts,
      minBackoff: `${one.backoffSeconds[0]}s`,
      maxBackoff: `${one.backoffSeconds[1]}s`,
    },
    order: one.order,
    concurrency: one.concurrency,
    store: one.store,
    remember: "32d",
    ...(one.publishes && { publishes: [`${name}-done`] }),
  });

/** Names of the handlers of a case, and which of them are made from a module. */
export const handlersOfCase = ({ handlers }: PipelineCase, index: number) =>
  handlers.map((one, at) => ({ one, contract: contractOf(`p${index}-h${at}`, one) }));

/** The contracts of everything of a case that is made from a module. */
export const contractsOfCase = (one: PipelineCase, index: number): readonly Contract[] => [
  ...handlersOfCase(one, index).flatMap(({ one: { runOn }, contract }) => (runOn === "image" ? [] : [contract])),
  ...Object.values(workContracts(one.work, index)),
];

/** An event that a handler publishes and nobody takes yet. */
interface Published {
  readonly pipeline: EventDrivenPipeline;
  readonly handler: string;
  readonly event: string;
}

/** Makes the pipelines of some cases; what is published by one may be the source of the next. */
export function buildPipelines(stack: MillraceStack, cases: readonly PipelineCase[]): void {
  const open: Published[] = [];
  cases.forEach((one, index) => {
    const id = `P${index}`;
    const handlers = handlersOfCase(one, index);
    const topic = topicOf(stack, one, id);
    const source = sourceOf(stack, one, id, open);
    const pipeline = new EventDrivenPipeline(stack, id, {
      ...(topic && { topic }),
      ...(source && { source }),
      consumers: [
        ...handlers.map(({ one, contract }) => consumerOf(one, contract)),
        ...one.sinks.map((sink, at) => sinkOf(stack, sink, `p${index}-s${at}`)),
        ...workConsumers(one.work, index),
      ],
      publishers: one.publishers ? [principal("group:shop@example.com"), new ServiceAccount(stack, `${id}Shop`)] : [],
      alarms: one.alarms,
      notify: notifyOf(stack, one, id),
    });
    buildWork(stack, one.work, index, pipeline);
    for (const { contract } of handlers)
      for (const event of contract.manifest.publishes ?? [])
        open.push({ pipeline, handler: contract.manifest.name, event });
  });
  // The rest goes to topics that somebody else takes.
  for (const { pipeline, handler, event } of open)
    pipeline.consumers[handler]!.publications.to(event, new Topic(stack, event, { name: event }));
}

function topicOf(stack: MillraceStack, { topic }: PipelineCase, id: string): Topic | undefined {
  const named = `${id}Topic`;
  switch (topic) {
    case "own":
      return undefined;
    case "given":
      return new Topic(stack, named, { retention: "1d", storageRegions: ["europe-west1"] });
    case "schema":
      return new Topic(stack, named, {
        schema: {
          schema: new Schema(stack, `${id}Schema`, {
            type: "avro",
            definition: '{"type":"record","name":"e","fields":[]}',
          }),
        },
      });
    case "encrypted":
    default:
      return new Topic(stack, named, { encryption: { kmsKeyName: KEY } });
  }
}

function sourceOf(
  stack: MillraceStack,
  { source }: PipelineCase,
  id: string,
  open: Published[],
): PipelineSource | undefined {
  const [before] = source === "before" ? open.splice(0, 1) : [];
  switch (source) {
    case "bucket":
      return { bucket: new Bucket(stack, `${id}In`), events: ["finalized"], prefix: "in/" };
    case "audit-log":
      return { auditLog: { service: "storage.googleapis.com", method: "storage.objects.create" } };
    case "bigquery-jobs":
      return { bigQueryJobs: { failures: true } };
    case "documents":
      return { documents: { path: "orders/{order}" } };
    case "schedule":
      return { schedule: every.minutes(5) };
    case "before":
      return before && { pipeline: before.pipeline, event: before.event };
    case "none":
    default:
      return undefined;
  }
}

function consumerOf(one: HandlerCase, contract: Contract): ConsumerProps {
  const entry = `${contract.manifest.name}.handler.ts`;
  const code = {
    function: { runOn: "function", entry },
    service: { runOn: "service", entry },
    image: { runOn: "service", image: IMAGE },
  } as const;
  return {
    ...code[one.runOn],
    contract,
    retention: `${one.retentionDays}d`,
    ...(one.filter && { filter: 'attributes.kind = "order"' }),
    ...(one.body && { body: one.body }),
    ...(one.ingress && { ingress: one.ingress }),
    ...(one.secret && { secrets: { API_KEY: { secret: "api-key", version: "3" } } }),
    ...(one.vpc && one.runOn !== "function" && { vpc: { network: "n", subnetwork: "s" } }),
  };
}

function sinkOf(stack: MillraceStack, one: SinkCase, name: string): SinkProps {
  return {
    name,
    writeTo: one.writeTo,
    retention: `${one.retentionDays}d`,
    ...(one.filter && { filter: 'attributes.kind = "order"' }),
    ...(one.transforms && {
      transforms: [{ functionName: "same", code: "function same(message) { return message; }" }],
    }),
    ...(one.ownIdentity && { identity: new ServiceAccount(stack, `${name}-writer`) }),
  };
}

function notifyOf(stack: MillraceStack, { notify }: PipelineCase, id: string): readonly NotificationChannel[] {
  if (notify === "nobody") return [];
  if (notify === "mail")
    return [new NotificationChannel(stack, `${id}Mail`, { kind: "email", address: "ops@example.com" })];
  return [new NotificationChannel(stack, `${id}Told`, { kind: "topic", topic: new Topic(stack, `${id}Alerts`) })];
}
