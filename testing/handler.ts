import { AsyncLocalStorage } from "node:async_hooks";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { deliveryOf } from "../constructs/core/derive";
import type { Effects } from "../contract/contract";
import { milliseconds } from "../contract/duration";
import type { CrashPoint } from "../contract/probe";
import { virtualClock } from "../local/engine/clock";
import { seededRandom } from "../local/engine/random";
import { MAX_LEASE_MS } from "../runtime/deliver";
import type { Context, Handler, TransactionalContext } from "../runtime/handler";
import { identify } from "../runtime/identify";
import { PUSH_STATUS } from "../runtime/outcome";
import { recordKey } from "../runtime/store/key";
import { memoryStore } from "../runtime/store/memory";
import type { Crashed, DeliverOptions, Delivery, Run } from "./delivery";
import { createDriver } from "./driver";
import { createEvent, incomingOf, isEvent, type TestEvent } from "./event";
import { arm, type CallFault, withFaults } from "./faults";
import { DEAD_LETTERS, type Instance, startInstance } from "./instance";
import { createJournal } from "./journal";
import type { HandlerKit, TestHandlerOptions } from "./kit";
import { BEGINNING_MS } from "./world";

/** One for all kits: each one more would cost every promise of the process. */
const here = new AsyncLocalStorage<Here>();

/** The kit's own view of a delivery in progress, for what a handler's fakes call. */
interface Here {
  readonly instance: Instance;
  readonly die: (at: CrashPoint) => void;
  /** The handler waits for virtual time until the returned function is called. */
  readonly idle: () => () => void;
}

/** @internal what the explorer may do and tests may not: let a delivery end before its crash point */
export const startQuietly = Symbol("millrace/start-quietly");
export interface QuietKit {
  [startQuietly](event: TestEvent, options: DeliverOptions): Promise<Delivery>;
}

const SUBSCRIPTION = "projects/p/subscriptions/test";
/** Deliveries of one message that no dead-letter topic ends. */
const ENDLESS = 100;

/** Puts a handler under test: in this process, without a network, on virtual time. */
export function testHandler<Schema extends StandardSchemaV1, E extends Effects>(
  handler: Handler<Schema, E>,
  options: TestHandlerOptions = {},
): HandlerKit<StandardSchemaV1.InferInput<Schema>> {
  type Payload = StandardSchemaV1.InferInput<Schema>;
  const { manifest } = handler.contract;
  const clock = virtualClock(options.now?.getTime() ?? BEGINNING_MS);
  const random = seededRandom(options.seed ?? 1);
  const order = random.fork("shuffled");
  const store = options.store?.(clock) ?? memoryStore({ clock });
  const driver = createDriver(clock, milliseconds(options.patience ?? "1s"));
  const deadLetterTopic = options.deadLetters === false ? undefined : DEAD_LETTERS;
  const derived = deliveryOf(manifest);
  const maxDeliveryAttempts = deadLetterTopic && (options.maxDeliveryAttempts ?? derived.maxDeliveryAttempts);
  const journal = createJournal(clock, deadLetterTopic, driver.busy);
  const past = Math.min(manifest.timeLimitMs, MAX_LEASE_MS) + 1_000;

  const deliveries: Delivery[] = [];
  const runs: Run[] = [];
  const attempts = new Map<string, number>();
  let started = 0;
  let events = 0;

  const inside = (call: string): Here => {
    const found = here.getStore();
    if (!found) throw new Error(`kit.${call} is for the fakes that a handler calls, and no handler has called it`);
    return found;
  };

  /** The handler, watched by one delivery. */
  const watched = (number: number, instance: () => Instance, die: (at: CrashPoint) => void): Handler => ({
    contract: handler.contract,
    async run(input, ctx) {
      const run: { -readonly [K in keyof Run]: Run[K] } = {
        delivery: number,
        attempt: ctx.attempt,
        token: ctx.token,
        input,
        startedMs: clock.now(),
        ended: "running",
      };
      runs.push(run);
      let over = driver.busy();
      const idle = () => {
        over();
        let resumed = false;
        return () => {
          if (!resumed) over = driver.busy();
          resumed = true;
        };
      };
      watchContext(ctx, idle);
      try {
        // The context is the one its own contract asks for; the kit sees handlers of every kind.
        const given = ctx as Parameters<typeof handler.run>[1];
        const value = await here.run({ instance: instance(), die, idle }, () => handler.run(input as never, given));
        run.ended = "returned";
        return value;
      } catch (error) {
        run.ended = "threw";
        run.error = error;
        throw error;
      } finally {
        over();
      }
    },
  });

  const start = async (event: TestEvent, how: DeliverOptions, strict: boolean): Promise<Delivery> => {
    const impossible = strict && neverPassed(manifest.effects, how);
    if (impossible) throw new Error(impossible);
    const number = ++started;
    const deliveryAttempt = how.attempt ?? (attempts.get(event.id) ?? 0) + 1;
    attempts.set(event.id, deliveryAttempt);
    const startedMs = clock.now();
    const armed = arm(how.faults ?? []);
    const points: CrashPoint[] = [];
    let die: (at: CrashPoint) => void = () => {};
    const death = new Promise<Crashed>((resolve) => {
      die = (at) => {
        instance.kill();
        resolve({ kind: "crashed", at });
      };
    });
    const { store: reached, publish } = withFaults(
      journal.watch(store, number),
      async (rows) => journal.publish(rows, number),
      armed,
      clock,
    );
    let paused = false;
    const instance: Instance = startInstance(
      { clock, random, store, published: [] },
      watched(number, () => instance, die),
      {
        store: () => reached,
        publish,
        at(point) {
          points.push(point);
          if (point === how.crashAt) die(point);
          if (point !== how.pauseAt || paused) return;
          paused = true;
          clock.after(how.pauseFor === undefined ? past : milliseconds(how.pauseFor), instance.freeze());
        },
        deliver: { deadlineMs: derived.deadlineSeconds * 1_000, deadLetterTopic, maxDeliveryAttempts },
      },
    );
    const answered = instance.deliver(incomingOf(event, SUBSCRIPTION, deliveryAttempt));
    const delivered = await driver.until(
      Promise.race([answered, death.then((outcome) => ({ outcome, attempt: undefined }))]),
    );
    const { outcome, attempt } = delivered;
    const status = outcome.kind === "crashed" ? undefined : PUSH_STATUS[outcome.kind];
    const delivery: Delivery = {
      number,
      event,
      deliveryAttempt,
      outcome,
      status,
      acked: status === PUSH_STATUS.done,
      ...(attempt !== undefined && { attempt }),
      startedMs,
      tookMs: clock.now() - startedMs,
      points,
      logs: instance.lines,
    };
    deliveries.push(delivery);
    const vacuous = strict && neverMet(delivery, how, armed);
    if (vacuous) throw new Error(vacuous);
    return delivery;
  };

  const toEvent = (given: TestEvent | Payload): TestEvent => (isEvent(given) ? given : kit.event(given));
  const backoffMs = (after: number) =>
    Math.min(manifest.maxBackoffMs, manifest.minBackoffMs * 2 ** Math.min(after, 30));
  const sleep = (ms: number) => driver.sleep(ms);

  const kit: HandlerKit<Payload> & QuietKit = {
    manifest,
    event: (payload, how) => createEvent(payload, `message-${++events}`, clock.now(), how),
    copyOf: (event) => ({ ...event, id: `message-${++events}`, publishTimeMs: clock.now() }),
    shuffled(given) {
      const pool = [...given];
      return Array.from({ length: pool.length }, () => pool.splice(order.below(pool.length), 1)[0]!);
    },
    deliver: (given, how = {}) => start(toEvent(given), how, true),
    async redeliver(event, how = {}) {
      await sleep(backoffMs((attempts.get(event.id) ?? 1) - 1));
      return start(event, how, true);
    },
    duplicate: (event, how = {}) => start(kit.copyOf(event), how, true),
    async settle(given, ...hows) {
      const event = toEvent(given);
      const made: Delivery[] = [];
      for (let i = 0; i < ENDLESS; i++) {
        const delivery = await start(event, hows[i] ?? {}, true);
        made.push(delivery);
        if (delivery.acked) return made;
        if (maxDeliveryAttempts !== undefined && delivery.deliveryAttempt >= maxDeliveryAttempts) {
          const { id, data, attributes } = event;
          const cause = delivery.outcome.kind;
          const message = { delivery: delivery.number, atMs: clock.now(), topic: DEAD_LETTERS, data, attributes };
          journal.parked.push({ ...message, dedupeId: id, by: "transport", cause });
          return made;
        }
        await sleep(backoffMs(i));
      }
      throw new Error(`${event.id} was delivered ${ENDLESS} times and never acknowledged; nothing dead-letters it`);
    },

    advance: (by) => driver.advance(milliseconds(by)),
    now: () => clock.now(),
    clock,
    async sleep(duration) {
      const resume = here.getStore()?.idle();
      await sleep(milliseconds(duration));
      resume?.();
    },
    crash() {
      const { die, idle } = inside("crash");
      idle();
      die("C3");
      return new Promise<never>(() => {});
    },
    async pause(duration) {
      const { instance, idle } = inside("pause");
      const [resume, thaw] = [idle(), instance.freeze()];
      await sleep(duration === undefined ? past : milliseconds(duration));
      thaw();
      resume();
    },

    deliveries,
    runs,
    writes: journal.writes,
    writesTo: (path) => journal.writes.filter((write) => write.path === path || write.path.startsWith(`${path}/`)),
    documents: journal.documents,
    published: journal.published,
    parked: journal.parked,
    get outbox() {
      return [...journal.outbox.keys()];
    },
    get logs() {
      return [...deliveries].sort((a, b) => a.number - b.number).flatMap(({ logs }) => logs);
    },
    records: journal.records,
    async recordKey(event) {
      const identified = await identify(handler, incomingOf(event, SUBSCRIPTION, 1));
      return identified.kind === "event" ? recordKey(manifest.name, manifest.epoch, identified.key) : undefined;
    },
    async record(event) {
      const key = await kit.recordKey(event);
      return key === undefined ? undefined : journal.recordOf(key);
    },
    [startQuietly]: (event, how) => start(event, how, false),
  };
  return kit;
}

/** What the runtime does for a handler takes virtual time; what the handler does itself takes real time. */
function watchContext(ctx: Context, idle: Here["idle"]): void {
  const waiting = async <T>(work: Promise<T>, resume: () => void): Promise<T> => {
    try {
      return await work;
    } finally {
      resume();
    }
  };
  const once = ctx.once.bind(ctx);
  const watched: Pick<Context, "once"> = {
    once(step, effect) {
      let resume = idle();
      const run = (key: string) => {
        resume();
        const again = () => void (resume = idle());
        const result = effect(key);
        // Under jest the promises of Node's own modules are of another realm: no instance of this one's class.
        if (typeof result === "object" && result !== null && "then" in result)
          void Promise.resolve(result).then(again, again);
        else again();
        return result;
      };
      return waiting(once(step, run), () => resume());
    },
  };
  Object.assign(ctx, watched);
  if (!("commit" in ctx)) return;
  const transactional = ctx as TransactionalContext;
  const [commit, commitIn] = [transactional.commit.bind(ctx), transactional.commitIn.bind(ctx)];
  const patient: Pick<TransactionalContext, "commit" | "commitIn"> = {
    commit: (write) => waiting(commit(write), idle()),
    commitIn(transactions, work) {
      let resume = idle();
      const own: typeof work = async (native, outbox) => {
        resume();
        try {
          return await work(native, outbox);
        } finally {
          resume = idle();
        }
      };
      return waiting(commitIn(transactions, own), () => resume());
    },
  };
  Object.assign(ctx, patient);
}

/** Why a delivery of such a handler never gets where it is to crash or pause. */
function neverPassed(effects: Effects, { crashAt, pauseAt }: DeliverOptions): string | undefined {
  const at = [crashAt, pauseAt];
  if (effects === "transactional" && at.includes("C4"))
    return "a transactional handler has no C4: its effect and the record are one commit; C3 is before it, C6 after";
  if (effects === "at-least-once" && at.includes("C3"))
    return "only ctx.commit passes C3; to die or pause inside this handler, call kit.crash() or kit.pause() in a fake it calls";
  return undefined;
}

/** What was to go wrong and did not: a test that passes because nothing happened proves nothing. */
function neverMet(delivery: Delivery, how: DeliverOptions, armed: ReturnType<typeof arm>): string | undefined {
  const passed = delivery.points.join(", ") || "none";
  for (const at of [how.crashAt, how.pauseAt])
    if (at !== undefined && !delivery.points.includes(at))
      return `delivery ${delivery.number} ended (${delivery.outcome.kind}) without passing ${at}; it passed ${passed}`;
  const unmet: CallFault | undefined = armed.find(({ met }) => met === 0)?.fault;
  return unmet && `delivery ${delivery.number} ended (${delivery.outcome.kind}) without a call to ${unmet.on}`;
}
