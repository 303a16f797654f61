import type { Issue, IssuesError } from "../../contract/issue";
import type { Advanced } from "./advance";
import type { RunningClock } from "./clock";
import type { Endpoints } from "./endpoints";
import type { EngineEvent, Events } from "./events";
import type { Emitted, Reached } from "./eventarc";
import type { Tables } from "./exports";
import type { Documents } from "./firestore";
import type { InFlight } from "./front-door";
import type { PointHook, Processes } from "./processes";
import type { PubSub } from "./pubsub";
import type { Applied } from "./reconcile";
import type { Scheduler } from "./scheduler";
import type { Storage } from "./storage";
import type { RunJobs } from "./jobs";
import type { Tasks } from "./tasks";
import type { Workers } from "./workers/workers";
import type { TerraformRequest, TerraformSession } from "./sessions";
import type { System } from "./system";
import type { TargetSpec } from "./target";
import type { Workflows } from "./workflows";
import type { Door } from "./world";

export interface EngineOptions {
  /** cdktf's output folder. @default "cdktf.out" */
  readonly outDir?: string;
  /** Stack to run; those whose outputs it uses run with it. */
  readonly stack: string;
  /** Folder of the engine's state; the stack has its own below. @default ".millrace" */
  readonly stateDir?: string;
  /** Port of every endpoint, on 127.0.0.1 and on no other address; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** The same seed makes the same random choices. @default the stack's name */
  readonly seed?: string | number;
  /** Engine seconds per second, above 0. @default 1 */
  readonly timeScale?: number;
  /** Starts empty and keeps nothing. @default false */
  readonly ephemeral?: boolean;
  /**
   * Who says what runs: the synthesized stack, or what Terraform has applied of it here.
   * @default "terraform" when it has applied something, else "direct"
   */
  readonly door?: Door;
  /**
   * Delivers nothing and starts no process but of what Terraform changes meanwhile, to see that it starts.
   * @default false
   */
  readonly dormant?: boolean;
  /** Environment variables over those of the plan, for each target; undefined leaves the plan's. @default none */
  readonly environment?: (target: TargetSpec) => Readonly<Record<string, string | undefined>>;
  /** Processes of a target, at most its `maxInstances`. @default 1 */
  readonly instances?: (target: TargetSpec) => number;
  /** Makes processes announce crash points and decides at each whether they go on. @default they announce none */
  readonly onPoint?: PointHook;
  /** Hears every event of this run. */
  readonly onEvent?: (event: EngineEvent) => void;
  /**
   * Told when the engine can no longer keep what happens (MR4106); it should be stopped then.
   * @default the error is thrown where nobody catches it
   */
  readonly onFailure?: (error: IssuesError) => void;
  /** Told of each step of the start, in a few words. */
  readonly onStep?: (title: string) => void;
}

/** A running engine. */
export interface Engine {
  readonly endpoints: Endpoints;
  /** Absolute path of the document that holds the endpoints. */
  readonly endpointsFile: string;
  readonly clock: RunningClock;
  readonly events: Events;
  readonly pubsub: PubSub;
  readonly scheduler: Scheduler;
  readonly tasks: Tasks;
  /** Jobs of Cloud Run. */
  readonly runJobs: RunJobs;
  readonly workflows: Workflows;
  readonly firestore: Documents;
  /** Objects of the buckets. */
  readonly storage: Storage;
  /** Rows that subscriptions have written. */
  readonly tables: Tables;
  readonly processes: Processes;
  /** Tells sinks and triggers of something that happens outside of the engine: an audited call, a partner's event. */
  emit(emitted: Emitted): Reached;
  /** Worker pools. */
  readonly workers: Workers;
  /** Requests that processes are working on: what a kill would hit. */
  inFlight(): readonly InFlight[];
  /** Terraform takes a stack over with the first thing that it applies. */
  readonly door: Door;
  readonly system: System;
  /** Warnings about the plan, of what is not simulated too; `system.fidelity` says it of every resource. */
  readonly warnings: readonly Issue[];
  /** What has become of an earlier run's state. */
  readonly restored: Applied & { readonly droppedBytes: number };
  /**
   * Waits until nothing is left to deliver to the targets.
   * @param timeoutMs milliseconds of the wall clock @default 60_000
   * @returns false when the time was up first
   */
  idle(timeoutMs?: number): Promise<boolean>;
  /**
   * Puts the clock forward by engine milliseconds, from timer to timer: schedules tick, tasks fall due, back-offs end,
   * and what each sets off comes to rest before the next. The clocks of processes go along, their timers do not.
   */
  advance(byMs: number): Promise<Advanced>;
  /**
   * Reads the stack anew and brings what runs to it: updates keep their backlog, changed services get new processes
   * while the old ones finish, and what is no longer there ends.
   * @throws IssuesError as `startEngine`; what could not be brought about leaves what was there, and all else is done
   */
  reload(): Promise<Applied>;
  /**
   * Attaches a Terraform command: its provider lives here, and what it applies runs here.
   * @throws IssuesError MR4303 while another is attached, MR4001–MR4012 for the stack
   */
  terraform(request?: Partial<TerraformRequest>): Promise<TerraformSession>;
  /** Ends processes, then deliveries, then the server; what is unacked is kept for the next start. Idempotent. */
  stop(): Promise<void>;
}
