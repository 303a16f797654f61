import { dirname, join } from "node:path";
import { IssuesError } from "../../contract/issue";
import { issue } from "../plan/issues";
import { startWireServer, type WireServer, type WireServerOptions } from "../wire/server";
import { advanceClock } from "./advance";
import { resourceKey } from "./applied";
import { realClock } from "./clock";
import { CONTROL, controlRest } from "./control";
import { countPushes } from "./delivery";
import { durableGrpc, durableRest } from "./durable";
import { type Endpoints, endpointsWriter, removeEndpoints } from "./endpoints";
import { createEventRouter } from "./eventarc";
import { createEvents } from "./events";
import { createExportTarget, fileTables, memoryTables } from "./exports";
import { createDocuments, documentsRest, startTtl } from "./firestore";
import { createFrontDoor } from "./front-door";
import { callGoogleApis, runApi, workflowsApi } from "./google-apis";
import { whenIdle } from "./idle";
import { createRunJobs, runJobsRest } from "./jobs";
import { attemptOf } from "./jobs/attempt";
import { runJobKinds } from "./jobs/kinds";
import { chooseDoor, keep, keepApplied } from "./keep";
import { takeLock } from "./lock";
import type { StatePaths } from "./paths";
import { createProcesses } from "./processes";
import { processKinds } from "./processes/kinds";
import { createPubSub, type Publication, pubSubServices } from "./pubsub";
import { pubsubKinds } from "./pubsub/kinds";
import { runningEngines } from "./running";
import { seededRandom } from "./random";
import { createReconciler, type Fault } from "./reconcile";
import { route, servesGoogle } from "./route";
import { createSessions } from "./sessions";
import type { SystemTarget } from "./system";
import { createScheduler, schedulerRest } from "./scheduler";
import { schedulerKinds } from "./scheduler/kinds";
import { createStorage, fileBlobs, memoryBlobs, storageRest } from "./storage";
import { storageKinds } from "./storage/kinds";
import { createTasks, tasksServices } from "./tasks";
import { tasksKinds } from "./tasks/kinds";
import { createTokens } from "./tokens";
import type { Engine, EngineOptions } from "./types";
import { createUploads } from "./uploads";
import { createWays, createWorkflows, workflowsRest } from "./workflows";
import { workflowKinds } from "./workflows/kinds";
import { pulledBy, workerKinds } from "./workers/kinds";
import { createWorkers } from "./workers/workers";
import { type Asked, createWorld } from "./world";

/** How an engine is ended; its steps are gathered while it is assembled. */
export interface Ending {
  /** In the order of their beginnings. */
  readonly steps: (() => unknown)[];
  stop(): Promise<void>;
}

export async function assemble(options: EngineOptions, paths: StatePaths, ending: Ending): Promise<Engine> {
  const { steps: started } = ending;
  const { stack, outDir = "cdktf.out", timeScale = 1, seed = stack, dormant = false, onStep = () => {} } = options;
  const lock = takeLock(paths.lock, stack);
  started.push(() => lock.release());

  onStep("restore the state");
  const kept = keep(paths.journal, options);
  started.push(() => kept.close());
  const { journal } = kept;
  const applied = keepApplied(paths, options);
  started.push(() => applied.close());
  const { store } = applied;
  const door = await chooseDoor(options, paths, applied);
  onStep(door === "direct" ? "read the plan" : "read what Terraform has applied");
  const stateDir = dirname(paths.directory);
  const { environment } = options;
  const world = createWorld({ stack, outDir, stateDir, door, store, ...(environment && { environment }) });
  const clock = realClock(timeScale, Math.max(Date.now(), kept.lastMs ?? 0));
  const events = createEvents(() => clock.now());
  const random = seededRandom(seed);
  // Pub/Sub pushes to targets, and targets publish to Pub/Sub: the broker comes first and learns the way later.
  const pushes = countPushes(
    callGoogleApis({
      apis: [runApi((request) => surfaces(request)), workflowsApi((request) => surfaces(request))],
      system: () => world.system,
      events,
      otherwise: (request) => frontDoor.push(request),
    }),
  );
  const { push } = pushes;
  const pubsub = createPubSub({
    clock,
    random: random.fork("pubsub"),
    events,
    journal,
    push,
    canDeadLetter: (subscription, topic) => world.system.canDeadLetter(subscription, topic),
    exportTo: { write: (messages, config) => exportTarget.write(messages, config) },
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
  const runJobs = createRunJobs({
    clock,
    random: random.fork("run jobs"),
    events,
    journal,
    start: async (program, variables, args) => attemptOf(await processes.startAlone(program, variables, args)),
  });
  const workers = createWorkers({
    clock,
    events,
    start: (program, variables) => processes.startAlone(program, variables),
  });
  /** Resources whose processes are wanted in an engine that starts none by itself. */
  const awake = new Set<string>();
  const isAwake = ({ resource }: SystemTarget) =>
    !dormant || awake.has(resourceKey(resource.type, resource.attributes.id));
  const inFolder = (name: string) => join(dirname(paths.journal), name);
  const blobs = options.ephemeral ? memoryBlobs() : fileBlobs(inFolder("buckets"));
  const tables = options.ephemeral ? memoryTables() : fileTables(inFolder("bigquery"));
  const buckets = () => world.system.buckets.map(({ config }) => config);
  const storage = createStorage({ clock, journal, blobs, buckets });
  const exportTarget = createExportTarget({ system: () => world.system, tables, storage, now: () => clock.now() });
  const reconciler = createReconciler(
    [
      ...storageKinds(storage),
      ...pubsubKinds(pubsub),
      ...processKinds(
        { ensure: (spec) => processes.ensure(spec), remove: (target) => processes.remove(target) },
        isAwake,
      ),
      ...runJobKinds(runJobs),
      ...(dormant ? [] : workerKinds(workers)),
      ...tasksKinds(tasks),
      ...workflowKinds(workflows),
      ...schedulerKinds(scheduler),
    ],
    journal,
  );
  await kept.start([pubsub, scheduler, tasks, runJobs, firestore, workflows, storage, reconciler], () => clock.now());
  const router = createEventRouter({
    system: () => world.system,
    storage,
    documents: firestore,
    pubsub,
    now: () => clock.now(),
    project: () => projectOf(world.asked),
    onRefused: (target, reason) => events.emit({ type: "refused", target, status: 400, reason }),
  });
  started.push(() => router.stop());
  // What was replayed is no news.
  if (options.onEvent) events.on(options.onEvent);

  onStep("open the port");
  const services = pubSubServices(pubsub, clock);
  const queues = tasksServices(tasks);
  const grpc = durableGrpc(new Map([...services.grpc, ...queues.grpc]), kept.written);
  const server = await listen({ port: options.port ?? 0, grpc, rest: (request) => surfaces(request) }, stateDir);
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
      storageUrl: origin,
      issuer: origin,
    },
    ...(options.instances && { instances: options.instances }),
    ...(options.onPoint && { onPoint: options.onPoint }),
  });
  const frontDoor = createFrontDoor({
    targets: () => world.system.targets,
    tokens,
    processes,
    events,
    clock,
    random: random.fork("front door"),
  });
  clock.onJump((byMs) => processes.jump(byMs / timeScale));
  /** What workers pull is delivered to the targets too. */
  const pulled = () => pulledBy(world.system.workerPools).every((name) => pubsub.stats(name).unacked === 0);
  const delivering = [pubsub, scheduler, tasks, runJobs, workflows];
  const idle = (timeoutMs = 60_000) =>
    whenIdle(() => pulled() && delivering.every((service) => service.idle()), events, timeoutMs);
  const untaken = () => pulledBy(world.system.workerPools).every((name) => pubsub.stats(name).outstanding === 0);
  /** What is under way, apart from what waits for a later instant. */
  const atRest = () =>
    untaken() &&
    runJobs.idle() &&
    pushes.underWay() === 0 &&
    frontDoor.inFlight().length === 0 &&
    processes.status().every(({ state }) => state !== "starting");
  const startedAt = new Date().toISOString();
  const endpoints = (): Endpoints => ({
    schemaVersion: 1,
    notice: "LOCAL",
    stack,
    pid: process.pid,
    startedAt,
    door: world.door,
    stacks: world.asked.stacks,
    project: projectOf(world.asked),
    pubsub: server.address,
    firestore: server.address,
    tasks: server.address,
    storage: origin,
    issuer: origin,
    control: `${origin}${CONTROL}`,
    targets: world.system.targets.map(({ spec: { name, kind, url } }) => ({
      name,
      kind,
      url,
      localUrl: `${origin}/targets/${name}`,
    })),
    seed: String(seed),
    timeScale,
  });
  const status = () => ({
    nowMs: clock.now(),
    targets: processes.status(),
    workerPools: workers.status(),
    subscriptions: pubsub.subscriptions().map(({ name }) => ({ name, ...pubsub.stats(name) })),
    fidelity: world.system.fidelity,
  });
  const writeEndpoints = endpointsWriter(paths.endpoints);
  const changed = () => writeEndpoints(endpoints());
  const sessions = createSessions({
    stack,
    store,
    openStore: () => applied.open(),
    written: async () => void (await Promise.all([kept.written(), applied.written()])),
    uploads: createUploads(paths.uploads),
    world,
    reconciler,
    live: { pubsub, scheduler, tasks, workflows, runJobs, storage },
    wake: (resource) => void awake.add(resource),
    changed,
  });
  const exists = (database: string) => world.system.databases.includes(database);
  const advance = (byMs: number) => advanceClock(clock, byMs, atRest);
  const surfaces = route({
    control: controlRest({
      endpoints,
      status,
      events,
      idle,
      advance,
      reload: () => self.reload(),
      sessions,
      warnings: () => self.warnings,
      emit: (emitted) => router.emit(emitted),
    }),
    firestore: durableRest(documentsRest(firestore, { random: random.fork("firestore"), exists }), kept.written),
    pubsub: durableRest(services.rest, kept.written),
    scheduler: schedulerRest(scheduler),
    tasks: durableRest(queues.rest, kept.written),
    runJobs: durableRest(runJobsRest(runJobs), kept.written),
    workflows: durableRest(workflowsRest(workflows), kept.written),
    storage: durableRest(storageRest(storage), kept.written),
    issuer: tokens.handler,
    targets: frontDoor.rest,
  });

  const count = world.system.targets.filter(isAwake).length;
  onStep(`start ${count === 1 ? "1 target" : `${count} targets`}`);
  started.push(() => processes.stop());
  started.push(() => workers.stop());
  await processes.start();
  // What a client has changed of what Terraform has applied is for Terraform to find.
  const [first] = await Promise.all([reconciler.settle(world.system, () => world.door === "direct"), tokens.ready]);
  if (world.door === "direct") refuseFaults(first.faults);
  if (!dormant) {
    started.push(startTtl({ documents: firestore, clock, policies: () => world.system.ttls }));
    for (const service of delivering) service.start();
  }
  started.push(...delivering.map((service) => () => service.stop()));
  started.push(() => sessions.current()?.close());
  changed();
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
    runJobs,
    workflows,
    firestore,
    storage,
    tables,
    emit: (emitted) => router.emit(emitted),
    processes,
    workers,
    inFlight: () => frontDoor.inFlight(),
    get door() {
      return world.door;
    },
    get system() {
      return world.system;
    },
    get warnings() {
      // By the other door the engine would not have started.
      const broken = first.faults.flatMap(({ issues }) =>
        issues.map((one) => ({ ...one, severity: "warning" as const })),
      );
      return [...world.asked.issues, ...world.system.issues, ...broken];
    },
    restored: { replaced: first.replaced, removed: first.removed, droppedBytes: kept.droppedBytes },
    idle,
    advance,
    async reload() {
      world.reread();
      const { faults, ...changes } = await reconciler.settle(world.system, () => world.door === "direct");
      changed();
      refuseFaults(faults);
      return changes;
    },
    terraform: (request) => sessions.open({ outDir, pid: process.pid, ...request }),
    stop: () => ending.stop(),
  };
  return self;
}

function refuseFaults(faults: readonly Fault[]): void {
  const issues = faults.flatMap((fault) => fault.issues);
  if (issues.length > 0) throw new IssuesError(issues);
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
function projectOf({ resources, stacks }: Asked): string {
  const own = [...resources].reverse().filter(({ stack }) => stack === stacks.at(-1));
  const found = [...own.reverse(), ...resources].map(({ attributes }) => attributes.project);
  return found.find((project) => typeof project === "string") ?? "local";
}
