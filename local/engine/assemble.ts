import { dirname } from "node:path";
import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import { startWireServer, type WireServer, type WireServerOptions } from "../wire/server";
import { realClock } from "./clock";
import { CONTROL, controlRest } from "./control";
import type { PushTransport } from "./delivery";
import { durableGrpc, durableRest } from "./durable";
import { type Endpoints, removeEndpoints, writeEndpoints } from "./endpoints";
import type { Engine, EngineOptions } from "./engine";
import { createEvents } from "./events";
import { createDocuments, documentsRest, startTtl } from "./firestore";
import { createFrontDoor } from "./front-door";
import { whenIdle } from "./idle";
import { type Journal, type Journaled, noJournal } from "./journal";
import { openJournal } from "./journal-file";
import type { Loaded } from "./load";
import { takeLock } from "./lock";
import type { StatePaths } from "./paths";
import { createProcesses } from "./processes";
import { processKinds } from "./processes/kinds";
import { createPubSub, type Publication, pubSubServices } from "./pubsub";
import { pubsubKinds } from "./pubsub/kinds";
import { runningEngines } from "./running";
import { seededRandom } from "./random";
import { createReconciler } from "./reconcile";
import { route, servesGoogle } from "./route";
import type { System } from "./system";
import { createScheduler, schedulerRest } from "./scheduler";
import { schedulerKinds } from "./scheduler/kinds";
import { createTasks, tasksServices } from "./tasks";
import { tasksKinds } from "./tasks/kinds";
import { createTokens } from "./tokens";
import { createWays, createWorkflows, workflowsRest } from "./workflows";
import { workflowKinds } from "./workflows/kinds";

/** How an engine is ended; its steps are gathered while it is assembled. */
export interface Ending {
  /** In the order of their beginnings. */
  readonly steps: (() => unknown)[];
  stop(): Promise<void>;
}

/**
 * @param first what to run at first
 * @param again reads it anew
 */
export async function assemble(
  options: EngineOptions,
  first: Loaded,
  again: () => Loaded,
  paths: StatePaths,
  ending: Ending,
): Promise<Engine> {
  const { steps: started } = ending;
  const { stack, timeScale = 1, seed = stack, onStep = () => {} } = options;
  const lock = takeLock(paths.lock, stack);
  started.push(() => lock.release());
  let { plan } = first;
  let system = withEnvironment(first.system, options.environment);

  onStep("restore the state");
  const kept = keep(paths, options);
  started.push(() => kept.close());
  const { journal } = kept;
  const clock = realClock(timeScale, Math.max(Date.now(), kept.lastMs ?? 0));
  const events = createEvents(() => clock.now());
  const random = seededRandom(seed);
  // Pub/Sub pushes to targets, and targets publish to Pub/Sub: the broker comes first and learns the way later.
  const push: PushTransport = (request) => frontDoor.push(request);
  const pubsub = createPubSub({
    clock,
    random: random.fork("pubsub"),
    events,
    journal,
    push,
    canDeadLetter: (subscription, topic) => system.canDeadLetter(subscription, topic),
  });
  const publish = (topic: string, message: Publication) => pubsub.publish(topic, [message])[0]!;
  const scheduler = createScheduler({ clock, events, journal, push, publish });
  const tasks = createTasks({ clock, random: random.fork("tasks"), events, journal, push });
  const firestore = createDocuments({ clock, journal });
  const ways = createWays({
    frontDoor: { call: (request) => frontDoor.call(request) },
    tokens: { mint: (request) => tokens.mint(request) },
    surfaces: (request) => surfaces(request),
    serves: servesGoogle,
    origin: () => origin,
    clock,
  });
  const workflows = createWorkflows({ clock, random: random.fork("workflows"), events, journal, ways });
  const reconciler = createReconciler(
    [
      ...pubsubKinds(pubsub),
      ...processKinds({ ensure: (spec) => processes.ensure(spec), remove: (target) => processes.remove(target) }),
      ...tasksKinds(tasks),
      ...workflowKinds(workflows),
      ...schedulerKinds(scheduler),
    ],
    journal,
  );
  await kept.start([pubsub, scheduler, tasks, firestore, workflows, reconciler], () => clock.now());
  // What was replayed is no news.
  if (options.onEvent) events.on(options.onEvent);

  onStep("open the port");
  const services = pubSubServices(pubsub, clock);
  const queues = tasksServices(tasks);
  const grpc = durableGrpc(new Map([...services.grpc, ...queues.grpc]), kept.written);
  const server = await listen(
    { port: options.port ?? 0, grpc, rest: (request) => surfaces(request) },
    dirname(paths.directory),
  );
  started.push(() => server.close());
  const origin = `http://${server.address}`;
  const tokens = createTokens({ clock, issuer: origin, keyFile: paths.key });
  const processes = createProcesses({
    stateDir: paths.directory,
    clock,
    events,
    standIns: {
      pubsubHost: server.address,
      firestoreHost: server.address,
      tasksHost: server.address,
      issuer: origin,
    },
    ...(options.instances && { instances: options.instances }),
    ...(options.onPoint && { onPoint: options.onPoint }),
  });
  const frontDoor = createFrontDoor({
    targets: () => system.targets,
    tokens,
    processes,
    events,
    clock,
    random: random.fork("front door"),
  });
  const idle = (timeoutMs = 60_000) =>
    whenIdle(() => pubsub.idle() && scheduler.idle() && tasks.idle() && workflows.idle(), events, timeoutMs);
  const startedAt = new Date().toISOString();
  const endpoints = (): Endpoints => ({
    schemaVersion: 1,
    notice: "LOCAL",
    stack,
    pid: process.pid,
    startedAt,
    project: projectOf(plan),
    pubsub: server.address,
    firestore: server.address,
    tasks: server.address,
    issuer: origin,
    control: `${origin}${CONTROL}`,
    targets: system.targets.map(({ spec: { name, kind, url } }) => ({
      name,
      kind,
      url,
      localUrl: `${origin}/targets/${name}`,
    })),
    seed: String(seed),
    timeScale,
  });
  const status = () => ({
    targets: processes.status(),
    subscriptions: pubsub.subscriptions().map(({ name }) => ({ name, ...pubsub.stats(name) })),
    fidelity: system.fidelity,
  });
  const exists = (database: string) => system.databases.includes(database);
  const surfaces = route({
    control: controlRest({ endpoints, status, events, idle, reload: () => self.reload() }),
    firestore: durableRest(documentsRest(firestore, { random: random.fork("firestore"), exists }), kept.written),
    pubsub: durableRest(services.rest, kept.written),
    scheduler: schedulerRest(scheduler),
    tasks: durableRest(queues.rest, kept.written),
    workflows: durableRest(workflowsRest(workflows), kept.written),
    issuer: tokens.handler,
    targets: frontDoor.rest,
  });

  onStep(`start ${system.targets.length === 1 ? "1 target" : `${system.targets.length} targets`}`);
  started.push(() => processes.stop());
  await processes.start();
  const [applied] = await Promise.all([reconciler.settle(system, () => true), tokens.ready]);
  started.push(startTtl({ documents: firestore, clock, policies: () => system.ttls }));
  pubsub.start();
  started.push(() => pubsub.stop());
  scheduler.start();
  started.push(() => scheduler.stop());
  tasks.start();
  started.push(() => tasks.stop());
  workflows.start();
  started.push(() => workflows.stop());
  writeEndpoints(paths.endpoints, endpoints());
  started.push(() => removeEndpoints(paths.endpoints));
  const self: Engine = {
    get endpoints() {
      return endpoints();
    },
    endpointsFile: paths.endpoints,
    clock,
    events,
    pubsub,
    scheduler,
    tasks,
    workflows,
    firestore,
    processes,
    inFlight: () => frontDoor.inFlight(),
    get system() {
      return system;
    },
    get warnings() {
      return [...plan.issues, ...system.issues];
    },
    restored: { ...applied, droppedBytes: kept.droppedBytes },
    idle,
    async reload() {
      const next = again();
      plan = next.plan;
      system = withEnvironment(next.system, options.environment);
      const changed = await reconciler.settle(system, () => true);
      writeEndpoints(paths.endpoints, endpoints());
      return changed;
    },
    stop: () => ending.stop(),
  };
  return self;
}

interface Kept {
  readonly journal: Journal;
  readonly lastMs: number | undefined;
  readonly droppedBytes: number;
  readonly written: () => Promise<void>;
  start(services: readonly Journaled[], now: () => number): Promise<void>;
  close(): Promise<void>;
}

function keep(paths: StatePaths, { ephemeral, onFailure = raise }: EngineOptions): Kept {
  if (ephemeral)
    return { journal: noJournal, lastMs: undefined, droppedBytes: 0, written: nothing, start: nothing, close: nothing };
  const file = openJournal(paths.journal, ({ message }) => {
    const problem = `cannot be written any more: ${message}; what happens from now on would be forgotten`;
    const fix = "make room on the disk, or start with --ephemeral";
    onFailure(new IssuesError([issue("MR4106", paths.journal, problem, fix)]));
  });
  return {
    journal: file,
    lastMs: file.lastMs,
    droppedBytes: file.droppedBytes,
    written: () => file.written(),
    start: (services, now) => file.start(services, now),
    // A failure has been told already.
    close: () => file.close().catch(() => {}),
  };
}

const nothing = async (): Promise<void> => {};

/** An engine that cannot keep its promises must not go on, and nobody has said what to do instead. */
const raise = (error: IssuesError): void =>
  queueMicrotask(() => {
    throw error;
  });

function withEnvironment(system: System, environment: EngineOptions["environment"]): System {
  if (!environment) return system;
  const targets = system.targets.map((target) => {
    const { spec } = target;
    const entries = Object.entries({ ...spec.environment, ...environment(spec) });
    const set = entries.flatMap(([name, value = spec.environment[name]]) =>
      value === undefined ? [] : [[name, value]],
    );
    return { ...target, spec: { ...spec, environment: Object.fromEntries(set) as Record<string, string> } };
  });
  return { ...system, targets };
}

async function listen(options: WireServerOptions, stateDir: string): Promise<WireServer> {
  try {
    return await startWireServer(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const address = `127.0.0.1:${options.port}`;
    const engine = runningEngines(stateDir).find(({ pubsub }) => pubsub === address);
    const owner = engine ? `the engine of ${engine.stack}, process ${engine.pid},` : "another program";
    const fix = "end it, choose another --port, or leave it out to take a free one";
    throw new IssuesError([issue("MR4102", address, `${owner} listens on this port`, fix)]);
  }
}

/** The project of the stack asked for: of its first resource that has one. */
function projectOf({ resources, stacks }: Loaded["plan"]): string {
  const own = [...resources].reverse().filter(({ stack }) => stack === stacks.at(-1));
  const found = [...own.reverse(), ...resources].map(({ attributes }) => attributes.project);
  return found.find((project) => typeof project === "string") ?? "local";
}
