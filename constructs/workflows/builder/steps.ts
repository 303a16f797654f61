import type { Duration } from "../../../language/duration";
import type { Assignment, Body, Call, Case, Step, Target } from "../../../language/workflows/model";
import type { Grant, IPushTarget, IServiceAccount } from "../../core";
import type { ITopic } from "../../pubsub/topic";
import type { ICloudRunJob } from "../../run/job";
import { isOverriding, jobRunBody } from "../../run/job-run-body";
import type { IStartableWorkflow } from "../../scheduler/targets";
import type { ITaskQueue } from "../../tasks/queue";
import type { CallbackEndpoint, CallbackRequest, WorkflowFailure } from "./answers";
import { type Callee, executionOf, invocationOf, publicationTo, runOf, taskIn } from "./callee";
import { NOWHERE } from "./data";
import { type Data, type Dynamic, type Expr, type Input, isExpression, type Typed, type ValueOf } from "./expression";
import { type LoopOptions, loopOf, parallelOf, type ParallelOptions, type Range } from "./loops";
import { beginsAsText, single, targetOf } from "./places";
import { Block, jumpTo, MOST_ASSIGNMENTS, type Names, refuse, variable } from "./recorder";
import {
  callOfTarget,
  callOfUrl,
  type HttpCall,
  type HttpResponse,
  secondsOf,
  type TargetRequest,
  urlOf,
  type UrlRequest,
} from "./request";
import {
  deliveryRequest,
  type Delivery,
  executeCall,
  type JobRun,
  type Message,
  publishCall,
  runCall,
  type Task,
  taskCall,
} from "./services";
import { type RetryPolicy, retryOf } from "./retry";
import { type AnySubworkflow, type Arguments, type Included, type Params, Subworkflow } from "./subworkflow";

/** A block of steps: what a body of a workflow, a branch or a loop writes to. */
export type Build = (w: Steps) => void;

/** How to catch what a `try` raises, and how often to repeat it before. */
export interface TryOptions {
  /** @default not at all */
  readonly retry?: RetryPolicy;
  /** What to do with the error. @default it goes on to what is around */
  readonly except?: (w: Steps, error: Expr<WorkflowFailure>) => void;
}

type LoopBody<T> = (w: Steps, item: Expr<T>, index: Expr<number>) => void;
type Items<T> = Typed<readonly T[]> | readonly T[] | Range;

type Severity = "DEFAULT" | "DEBUG" | "INFO" | "NOTICE" | "WARNING" | "ERROR" | "CRITICAL" | "ALERT" | "EMERGENCY";

/**
 * Records steps. Each method that makes one takes its name first, unique in its routine: it is what logs, histories and
 * jumps know it by. What a step gives is an expression for the steps after it.
 */
export class Steps {
  constructor(private readonly recorded: Block) {}

  private get names(): Names {
    return this.recorded.names;
  }

  private nested(body: Build, repeats = this.recorded.repeats): Block {
    const block = new Block(this.names, repeats);
    body(new Steps(block));
    return block;
  }

  private add(id: string, make: Parameters<Block["add"]>[1]): void {
    this.recorded.add(id, make);
  }

  /** Sets variables, in order. @returns them, by name */
  assign<V extends { readonly [name: string]: Data }>(
    id: string,
    values: V,
  ): { readonly [Name in keyof V]: Expr<ValueOf<V[Name]>> } {
    const path = `${this.names.routine}/${id}`;
    const pairs = Object.entries(values).map(([name, value]): [Target, Data] => [
      { name: this.names.variable(name, path), path: [], at: NOWHERE },
      value,
    ]);
    this.assignments(id, pairs);
    return Object.fromEntries(Object.keys(values).map((name) => [name, variable(name)])) as {
      readonly [Name in keyof V]: Expr<ValueOf<V[Name]>>;
    };
  }

  /** Changes variables, or members of them: `w.set("count", [total, add(total, 1)], [order.status, "paid"])`. */
  set<T extends readonly unknown[]>(
    id: string,
    ...pairs: { readonly [Index in keyof T]: readonly [target: Typed<T[Index]>, value: Input<NoInfer<T[Index]>>] }
  ): void {
    const path = `${this.names.routine}/${id}`;
    this.assignments(
      id,
      pairs.map(([target, value]): [Target, Data] => [targetOf(target, path), value as Data]),
    );
  }

  private assignments(id: string, pairs: readonly (readonly [Target, Data])[]): void {
    const path = this.names.step(id);
    if (pairs.length === 0) refuse(path, "nothing is assigned", "give one variable at least");
    // Each with what must be assigned before it, so that it sees the ones before.
    const assignments = pairs.flatMap(([target, value]): readonly Assignment[] => {
      const { body, before } = this.recorded.body(id, path, (template) => ({
        action: { kind: "assign", assignments: [{ target, value: template(value) }] },
      }));
      return [before, body].flatMap((one) => (one?.action.kind === "assign" ? one.action.assignments : []));
    });
    const bodies: Body[] = [];
    for (let from = 0; from < assignments.length; from += MOST_ASSIGNMENTS)
      bodies.push({
        action: { kind: "assign", assignments: assignments.slice(from, from + MOST_ASSIGNMENTS) },
        at: NOWHERE,
      });
    this.recorded.push({ name: id, ...(bodies.length > 1 ? this.recorded.grouped(id, ...bodies) : bodies[0]!) });
  }

  /**
   * Calls one of our services or functions: its URL, the token's audience and the workflow's role follow. A handler of a
   * contract takes events alone (MR1566): `deliver` sends one.
   */
  call<T = Dynamic>(id: string, target: IPushTarget, request?: TargetRequest): Expr<HttpResponse<T>>;
  /** Calls a sub-workflow. */
  call<P extends Params, R>(id: string, sub: Subworkflow<P, R>, ...args: Arguments<P>): Expr<R>;
  /** Calls a function of the library or a connector by its name. */
  call<T = Dynamic>(id: string, name: string, args?: Readonly<Record<string, Data>>, retry?: RetryPolicy): Expr<T>;
  call(
    id: string,
    called: IPushTarget | AnySubworkflow | string,
    args: object = {},
    retry?: RetryPolicy,
  ): Expr<unknown> {
    if (typeof called === "string")
      return this.invoke(id, { function: called, args: Object.entries(args) as HttpCall["args"] }, retry);
    if (called instanceof Subworkflow || "body" in called)
      return this.invoke(id, { function: this.names.record.include(called), args: Object.entries(args) });
    this.needs(called, invocationOf(called));
    const request = args as TargetRequest;
    return this.invoke(id, callOfTarget(called, request, this.names.record), request.retry);
  }

  /** Requests any URL. Where a construct of ours is behind it, `call` says more. */
  http<T = Dynamic>(id: string, request: UrlRequest): Expr<HttpResponse<T>> {
    return this.invoke(id, callOfUrl(request), request.retry);
  }

  /**
   * Delivers an event to a handler: a retry of the step, and a restart of the execution's engine, deliver the same one,
   * so that its effect happens once.
   */
  deliver(id: string, target: IPushTarget, event: Delivery): Expr<HttpResponse<null>> {
    if (event.id === undefined && (this.recorded.repeats || this.names.routine !== "main"))
      refuse(
        `${this.names.routine}/${id}`,
        "the step may be taken several times in one execution, and each would be the same event",
        "give the event an id that tells them apart",
      );
    return this.call(id, target, deliveryRequest(event, id));
  }

  /** Publishes a message: data as JSON. @returns the response of Pub/Sub */
  publish(id: string, topic: ITopic, message: Message): Expr<{ readonly messageIds: readonly string[] }> {
    this.needs(topic, publicationTo(topic));
    return this.invoke(id, publishCall(topic, message), message.retry);
  }

  /** Creates a task of Cloud Tasks that calls one of our constructs. @returns the task */
  createTask(
    id: string,
    queue: ITaskQueue,
    task: Task,
  ): Expr<{ readonly name: string; readonly scheduleTime: string }> {
    this.needs(queue, taskIn(queue, task.target, task.as));
    const url = urlOf(task.target, task.path, this.names.record);
    return this.invoke(id, taskCall(queue, task, url, task.deadline && secondsOf(task.deadline)), task.retry);
  }

  /** Runs a Cloud Run job and waits until it has ended. Raises OperationError. @returns the execution */
  runJob<T = Dynamic>(id: string, job: ICloudRunJob, { overrides, timeout }: JobRun = {}): Expr<T> {
    this.needs(job, runOf(job, isOverriding(overrides)));
    const body = isOverriding(overrides) ? jobRunBody(overrides) : undefined;
    return this.invoke(id, runCall(job, body, timeout && secondsOf(timeout)));
  }

  /** Runs another workflow and waits for its result. Raises OperationError. */
  execute<T = Dynamic>(id: string, workflow: IStartableWorkflow, argument?: Data): Expr<T> {
    this.needs(workflow, executionOf(workflow));
    return this.invoke(id, executeCall(workflow, argument));
  }

  /** Says that the definition needs a role, for what is called by name: `googleapis.storage.v1.objects.insert`. */
  requires(what: string, grant: (identity: IServiceAccount, reason: string) => readonly Grant[]): void {
    this.needs(grant, { what, grant });
  }

  private needs(key: object, callee: Callee): void {
    const { callees } = this.names.record;
    if (!callees.has(key)) callees.set(key, callee);
  }

  private invoke<T>(id: string, { function: name, args }: HttpCall, retry?: RetryPolicy): Expr<T> {
    const result = this.names.fresh(id);
    const target: Target = { name: result, path: [], at: NOWHERE };
    this.add(id, (template) => {
      const named = args.flatMap(([key, value]) => (value === undefined ? [] : [[key, template(value)] as const]));
      const call: Call = { kind: "call", function: name, args: { named }, result: target, at: NOWHERE };
      if (!retry) return { action: call };
      return { action: { kind: "try", body: { action: call, at: NOWHERE }, retry: this.retry(retry, template) } };
    });
    return variable(result);
  }

  private retry(policy: RetryPolicy, template: Parameters<typeof retryOf>[1]) {
    return retryOf(policy, template, (sub) => this.names.record.include(sub));
  }

  /** Waits: `"7d"`, seconds, or an expression for seconds. */
  sleep(id: string, duration: Duration | Input<number>): void {
    this.command(id, "sys.sleep", { seconds: secondsOf(duration) });
  }

  /** Waits for a moment. @param time RFC 3339 */
  sleepUntil(id: string, time: Input<string>): void {
    this.command(id, "sys.sleep_until", { time: time });
  }

  /** Writes to Cloud Logging: a text, or data as its payload. */
  log(id: string, entry: Data, severity?: Severity): void {
    const isText = typeof entry === "string" || (isExpression(entry) && beginsAsText(entry));
    this.command(id, "sys.log", { [isText ? "text" : "json"]: entry, severity });
  }

  private command(id: string, name: string, args: Readonly<Record<string, Data>>): void {
    this.add(id, (template) => ({
      action: {
        kind: "call",
        function: name,
        args: {
          named: Object.entries(args).flatMap(([key, value]) =>
            value === undefined ? [] : [[key, template(value)] as const],
          ),
        },
        at: NOWHERE,
      },
    }));
  }

  /** Makes an endpoint for this execution, to be handed to whoever shall answer. @param method @default "POST" */
  createCallback(
    id: string,
    method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH" = "POST",
  ): Expr<CallbackEndpoint> {
    const args: HttpCall["args"] = [["http_callback_method", method]];
    return this.invoke(id, { function: "events.create_callback_endpoint", args });
  }

  /** Waits for a request to a callback. Raises TimeoutError. @param timeout @default 12 h */
  awaitCallback<T = Dynamic>(
    id: string,
    callback: Typed<CallbackEndpoint>,
    timeout: Duration | Input<number> = "12h",
  ): Expr<CallbackRequest<T>> {
    const args: HttpCall["args"] = [
      ["callback", callback],
      ["timeout", secondsOf(timeout)],
    ];
    return this.invoke(id, { function: "events.await_callback", args });
  }

  /** One of two ways. */
  if(id: string, condition: Input<boolean>, then: Build, otherwise?: Build): void {
    this.switch(id, [[condition, then]], otherwise);
  }

  /** The first way whose condition holds. @param otherwise where none does */
  switch(id: string, cases: readonly (readonly [Input<boolean>, Build])[], otherwise?: Build): void {
    const all = otherwise ? [...cases, [true, otherwise] as const] : cases;
    this.add(id, (template) => ({
      action: {
        kind: "switch",
        cases: all.map(([condition, body], index): Case => {
          const read = template(condition);
          const block = this.nested(body);
          // A case that only leaves says so itself.
          if (block.steps.length === 0 && block.jump)
            return { condition: read, action: { kind: "next" }, next: block.jump, at: NOWHERE };
          return { condition: read, action: { kind: "steps", steps: block.whole(`${id}_${index + 1}`) }, at: NOWHERE };
        }),
      },
    }));
  }

  /** Goes over a list, or over the numbers of a range. Variables that the body makes are gone after it. */
  for<T = number>(id: string, over: Items<T>, body: LoopBody<T>, options: LoopOptions = {}): void {
    this.add(id, (template) => ({ action: { kind: "for", loop: this.loop(id, over, body, options, template) } }));
  }

  /** The same at once, at most 20 at a time. Only `shared` variables from outside can be set. */
  parallelFor<T = number>(
    id: string,
    over: Items<T>,
    body: LoopBody<T>,
    options: LoopOptions & ParallelOptions = {},
  ): void {
    this.add(id, (template, path) => ({
      action: parallelOf(options, { loop: this.loop(id, over, body, options, template) }, template, path),
    }));
  }

  private loop<T>(
    id: string,
    over: Items<T>,
    body: LoopBody<T>,
    options: LoopOptions,
    template: Parameters<typeof loopOf>[4],
  ) {
    return loopOf(id, over as Data | Range, options, this.names, template, (item, index) =>
      this.nested((w) => body(w, item as Expr<T>, index), true).whole(id),
    );
  }

  /** Two to ten branches at once. Only `shared` variables from outside can be set. */
  parallel(id: string, branches: Readonly<Record<string, Build>>, options: ParallelOptions = {}): void {
    this.add(id, (template, path) => {
      const work = Object.entries(branches).map(([name, body]) => {
        this.names.step(name);
        return { name, steps: this.nested(body).whole(name), at: NOWHERE };
      });
      return { action: parallelOf(options, { branches: work }, template, path) };
    });
  }

  /** Steps whose errors are retried, caught, or both. */
  try(id: string, body: Build, { retry, except }: TryOptions): void {
    this.add(id, (template) => {
      const steps = this.nested(body).whole(id);
      const as = except && this.names.fresh(`${id}_error`);
      const handler = except && this.nested((w) => except(w, variable(as!)));
      return {
        action: {
          kind: "try",
          body: single(steps),
          ...(retry && { retry: this.retry(retry, template) }),
          ...(handler && { except: { as: as!, steps: handler.whole(`${id}_except`) } }),
        },
      };
    });
  }

  /** Steps under one name. */
  group(id: string, body: Build): void {
    this.add(id, () => ({ action: { kind: "steps", steps: this.nested(body).whole(id) } }));
  }

  /** Fails, with a text or a map of your own; or with an error that was caught. */
  raise(id: string, error: Data): void {
    this.add(id, (template) => ({ action: { kind: "raise", value: template(error) } }));
  }

  /** Ends the routine with a value. */
  return(id: string, value: Data = null): void {
    this.add(id, (template) => ({ action: { kind: "return", value: template(value) } }));
  }

  /** Ends the routine without a value. */
  end(): void {
    this.recorded.leave(jumpTo("end"));
  }

  /** Leaves the loop. */
  break(): void {
    this.recorded.leave(jumpTo("break"));
  }

  /** Goes on with the loop's next item. */
  continue(): void {
    this.recorded.leave(jumpTo("continue"));
  }

  /** Goes on with another step of the routine. */
  goto(id: string): void {
    this.recorded.leave(jumpTo(id));
  }

  /** Makes a sub-workflow part of the definition, to be called in expressions: `invoke(w.include(sub), …)`. */
  include<R>(sub: Subworkflow<never, R> | (AnySubworkflow & Included<R>)): Included<R> {
    return { name: this.names.record.include(sub) };
  }

  /** A step written by hand, as it stands in YAML. */
  step(id: string, body: Step["action"]): void {
    this.add(id, () => ({ action: body }));
  }
}
