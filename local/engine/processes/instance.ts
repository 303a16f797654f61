import { join } from "node:path";
import type { PointReached } from "../../../contract/probe";
import { IssuesError } from "../../../contract/issue";
import { unpackArchive } from "../archive";
import type { Clock } from "../clock";
import type { Events } from "../events";
import { issue } from "../../plan/issues";
import type { ProgramSpec, TargetSpec } from "../target";
import { type Child, startChild } from "./child";
import { argumentsOf } from "./command";
import { calledVariables, environmentOf, type StandIns } from "./environment";
import { targetName } from "./names";
import type { ProcessList } from "./orphans";
import { freePort } from "./port";

/** A child of a target, as whoever watches crash points sees it. */
export interface ChildInfo {
  /** Full name of the target. */
  readonly target: string;
  readonly pid: number;
}

/** Decides when a child goes on past a crash point: it calls `go`, or kills the child and does not. */
export type PointHook = (child: ChildInfo, point: PointReached, go: () => void) => void;

/** What every start of a process needs. */
export interface LaunchContext {
  readonly clock: Clock;
  readonly events: Events;
  readonly standIns: StandIns;
  readonly parentEnv: NodeJS.ProcessEnv;
  /** Where archives are unpacked to. */
  readonly unpackTo: string;
  readonly guard: string;
  readonly list: ProcessList;
  /** Every process that lives. */
  readonly living: Set<Child>;
  readonly onPoint?: PointHook;
}

/** https://docs.cloud.google.com/run/quotas: a container must listen within 4 minutes. */
const START_LIMIT_MS = 240_000;
/** Real milliseconds a process gets at least: it does not start faster because the engine's clock does. */
const LEAST_START_MS = 30_000;
/** Starts on another port when somebody else took the first. */
const PORT_ATTEMPTS = 3;

/**
 * Starts one process of a target and waits until it listens.
 * @param started told of every process that is made, before it listens
 * @throws IssuesError MR4201–MR4203 for the archive, MR4210 for its start script, MR4211 when the process ends before
 *   it listens, MR4212 when it does not listen in time
 */
export async function launch(
  spec: TargetSpec,
  /** Counts the revisions of the target since the engine started. */
  revision: number,
  context: LaunchContext,
  started: (child: Child) => void,
): Promise<Child> {
  const target = targetName(spec);
  const cwd = await unpackArchive(spec.archive, context.unpackTo);
  const args = await argumentsOf(spec, cwd);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = await spawnChild(spec, context, {
      cwd,
      args,
      port,
      variables: calledVariables(spec, port, revision),
    });
    started(child);
    const { clock } = context;
    const began = clock.now();
    let late = false;
    const timer = clock.after(Math.max(START_LIMIT_MS, LEAST_START_MS * clock.time.scale), () => {
      late = true;
      child.kill("SIGKILL");
    });
    const listening = await child.listening();
    timer.cancel();
    if (listening) {
      context.events.emit({ type: "processStarted", target, pid: child.pid, readyMs: clock.now() - began });
      return child;
    }
    if (late) throw notListening(target, child);
    if (attempt < PORT_ATTEMPTS && child.tail().includes("EADDRINUSE")) continue;
    throw endedEarly(target, child);
  }
}

/**
 * Starts a process of a program that nobody calls: a task of a job, an instance of a worker pool.
 * @throws IssuesError MR4201–MR4203 for the archive, MR4210 for its start script
 */
export async function launchUncalled(
  spec: ProgramSpec,
  context: LaunchContext,
  variables: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<Child> {
  const cwd = await unpackArchive(spec.archive, context.unpackTo);
  const args = [...(await argumentsOf(spec, cwd)), ...more];
  const child = await spawnChild(spec, context, { cwd, args, port: 0, variables });
  context.events.emit({ type: "processStarted", target: targetName(spec), pid: child.pid, readyMs: 0 });
  return child;
}

interface Start {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
}

async function spawnChild(spec: ProgramSpec, context: LaunchContext, start: Start): Promise<Child> {
  const { clock, events, standIns, parentEnv, guard, list, living, onPoint } = context;
  const { cwd, args, port, variables } = start;
  const target = targetName(spec);
  const child = await startChild({
    guard,
    args,
    cwd,
    env: environmentOf(spec, { parent: parentEnv, clock, standIns, variables, probe: onPoint !== undefined }),
    port,
    clock,
    onLine: (pid, stream, line) => events.emit({ type: "log", target, pid, stream, line }),
    onPoint: (pid, point, go) => (onPoint ? onPoint({ target, pid }, point, go) : go()),
  });
  list.add(child.pid);
  living.add(child);
  void child.exited.then(({ code, signal }) => {
    list.remove(child.pid);
    living.delete(child);
    events.emit({ type: "processExited", target, pid: child.pid, code, signal, expected: child.asked() });
  });
  return child;
}

/** For a person: `exit code 1`, `SIGKILL`. */
export const describeExit = (child: Child): string => {
  const { code, signal } = child.exit() ?? {};
  return signal ?? `exit code ${code}`;
};

const tailOf = (child: Child): string =>
  child.tail() === "" ? "it wrote nothing" : `it wrote last:\n${child.tail()}\n`;

const endedEarly = (target: string, child: Child) =>
  new IssuesError([
    issue(
      "MR4211",
      target,
      `its process ended before it listened on PORT (${describeExit(child)}); ${tailOf(child)}`,
      "mend what the log says; the engine does not start without every target",
    ),
  ]);

const notListening = (target: string, child: Child) =>
  new IssuesError([
    issue(
      "MR4212",
      target,
      `its process did not listen on PORT within ${START_LIMIT_MS / 1_000} s; ${tailOf(child)}`,
      "listen on the port in PORT, first of all",
    ),
  ]);

/** Folders and files of the processes inside a state folder. */
export const statePaths = (stateDir: string) => ({
  unpackTo: join(stateDir, "unpacked"),
  processList: join(stateDir, "processes.json"),
});
